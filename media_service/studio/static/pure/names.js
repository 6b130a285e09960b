/** Names that programs call things by, for things that people wrote a label of. */

/**
 * Those that have a label, each with a name that no other has.
 * @template {{name: string, label: string}} Thing
 * @param {readonly Thing[]} things `name` is empty of one that is new.
 * @param {string} word With which new names begin.
 * @returns {Thing[]}
 */
export function named(things, word) {
  const taken = new Set(things.map(({ name }) => name).filter(Boolean));
  return things.flatMap((thing, at) => {
    const label = thing.label.trim();
    if (!label) return [];
    let { name } = thing;
    for (let number = at + 1; !name; number += 1) if (!taken.has(`${word}_${number}`)) name = `${word}_${number}`;
    taken.add(name);
    return [{ ...thing, name, label }];
  });
}
