/** Whose lessons a list shows: everybody's, one's own, or those of somebody who is searched for. */
import { ask, problemOf, Refusal } from "../../api.js";
import { Button } from "../../components/button.js";
import { Dialog } from "../../components/dialog.js";
import { Field } from "../../components/field.js";
import { inLanguage, speaker } from "../../language.js";
import { isPerson } from "../../session.js";
import { html, signal, useEffect, useId, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);
const PAUSE_MS = 250;
const MOST = 20;
const OTHER = "other";

/** @typedef {{id: string, name: string, subject: string}} Person */
/** @typedef {{currentTarget: HTMLInputElement & HTMLSelectElement}} Changed */

/** Names of people that were seen, by their ID. */
const names = signal(/** @type {Readonly<Record<string, string>>} */ ({}));

/** @param {string} owner As the address of the page has it. */
export function ownerName(owner) {
  return owner === "me" ? tell("mine") : (names.value[owner] ?? tell("somebody"));
}

/** @param {{owner: string, choose: (owner: string) => void}} props */
export function OwnerChoice({ owner, choose }) {
  const id = useId();
  const searching = useSignal(false);
  useEffect(() => {
    if (owner && owner !== "me" && !(owner in names.peek())) void recognize(owner);
  }, [owner]);
  const options = [
    ["", tell("everybody")],
    ...(isPerson() ? [["me", tell("mine")]] : []),
    ...(owner && owner !== "me" ? [[owner, ownerName(owner)]] : []),
    [OTHER, tell("ownerOther")],
  ];
  const change = (/** @type {Changed} */ { currentTarget }) => {
    if (currentTarget.value !== OTHER) return choose(currentTarget.value);
    currentTarget.value = owner;
    searching.value = true;
    return undefined;
  };
  return html`<div class="filter">
    <label for=${id}>${tell("by_owner")}</label>
    <select id=${id} class="input" value=${owner} onChange=${change}>
      ${options.map(([value, text]) => html`<option key=${value} value=${value} selected=${value === owner}>${text}</option>`)}
    </select>
    ${searching.value &&
    html`<${Search}
      onChosen=${(/** @type {string} */ chosen) => {
        searching.value = false;
        choose(chosen);
      }}
      onClose=${() => {
        searching.value = false;
      }}
    />`}
  </div>`;
}

/** @param {{onChosen: (id: string) => void, onClose: () => void}} props */
function Search({ onChosen, onClose }) {
  const part = useSignal("");
  const found = useSignal(/** @type {readonly Person[] | null} */ (null));
  const wrong = useSignal("");
  useEffect(() => {
    const left = new AbortController();
    const timer = setTimeout(() => void look(part.value, left.signal), part.value ? PAUSE_MS : 0);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [part.value]);
  const look = async (/** @type {string} */ q, /** @type {AbortSignal} */ ended) => {
    try {
      const { data } = await ask("GET", `/v1/people?${new URLSearchParams({ q, limit: String(MOST) })}`, { signal: ended });
      found.value = data.people;
      wrong.value = "";
      keepNames(data.people);
    } catch (error) {
      if (!ended.aborted) wrong.value = inLanguage(problemOf(error).message);
    }
  };
  return html`<${Dialog} title=${tell("ownerTitle")} onClose=${onClose}>
    <${Field}
      type="search"
      name=${tell("ownerSearch")}
      autocomplete="off"
      maxlength="200"
      dir="auto"
      wrong=${wrong.value}
      value=${part.value}
      onInput=${(/** @type {Changed} */ { currentTarget }) => (part.value = currentTarget.value)}
    />
    <p class="unseen" role="status">${found.value && tell("ownersFound", { n: found.value.length })}</p>
    ${found.value?.length === 0 && html`<p class="hint">${tell("ownerNone")}</p>`}
    <ul class="owners">
      ${found.value?.map(
        ({ id, name, subject }) => html`<li key=${id}>
          <${Button} kind="quiet" onClick=${() => onChosen(id)}><span dir="auto">${name}</span> <small dir="auto">${subject}</small><//>
        </li>`,
      )}
    </ul>
    ${found.value?.length === MOST && html`<p class="hint">${tell("ownersMore")}</p>`}
  <//>`;
}

/** @param {string} id */
async function recognize(id) {
  try {
    const { data } = await ask("GET", `/v1/people/${encodeURIComponent(id)}`);
    keepNames([data]);
  } catch (error) {
    // Somebody who is not there any more has no lessons either, and the list says that.
    if (!(error instanceof Refusal)) throw error;
  }
}

/** @param {readonly Person[]} people */
function keepNames(people) {
  names.value = { ...names.peek(), ...Object.fromEntries(people.map(({ id, name }) => [id, name])) };
}
