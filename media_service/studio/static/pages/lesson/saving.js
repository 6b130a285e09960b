/**
 * Details of a lesson or a course on their way to the service: sent while one types, kept in this browser until they have arrived, whatever page is
 * shown. What somebody else changed meanwhile is never written over without asking.
 */
import { ask, Refusal } from "../../api.js";
import { recall, remember } from "../../memory.js";
import { isTitle, merge, patience, same, sendable, without } from "../../pure/edits.js";
import { session } from "../../session.js";
import { batch, effect, signal } from "../../vendor/ui.js";
/** @import { Conflict, Fields } from "../../pure/edits.js" */
/** @import { Problem } from "../../types" */

export const NAMES = /** @type {const} */ ([
  "title",
  "description",
  "language",
  "subject",
  "tags",
  "category_ids",
  "level",
  "audience",
  "contributors",
  "licence",
  "source_organization",
  "original_date",
  "external_id",
  "other_ids",
  "visibility",
  "shared_organization_ids",
  "shared_partner_ids",
  "published_at",
  "withdraw_at",
]);
/** @typedef {(typeof NAMES)[number]} Name */

/** Your own number belongs to lessons alone. */
const COURSE_NAMES = NAMES.filter((name) => name !== "external_id");

const PAUSE_MS = 700;

/** @typedef {"saved" | "typing" | "saving" | "waiting" | "refused"} State */

export class Saving {
  /** What the service has. */
  base = signal(/** @type {Fields} */ ({}));
  /** What was changed here and has not arrived. */
  edits = signal(/** @type {Fields} */ ({}));
  conflicts = signal(/** @type {readonly Conflict[]} */ ([]));
  state = signal(/** @type {State} */ ("saved"));
  problem = signal(/** @type {Problem | null} */ (null));
  /** Whether anything was saved since the page was opened. */
  touched = signal(false);
  /** Counts what was sent: an answer that was asked for before the last of it is out of date. */
  sendings = 0;
  /** What can be changed. @type {readonly Name[]} */
  names;
  #etag = "";
  #address;
  #place;
  #busy = false;
  #attempts = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} address Of what is changed.
   * @param {string} place Under which this browser keeps what has not arrived.
   * @param {readonly Name[]} names
   */
  constructor(address, place, names) {
    this.#address = address;
    this.#place = place;
    this.names = names;
    window.addEventListener("online", () => {
      if (this.state.peek() === "waiting") void this.flush();
    });
  }

  /** The value of the moment: what was typed, else what the service has. @param {Name} name */
  valueOf(name) {
    return name in this.edits.value ? this.edits.value[name] : this.base.value[name];
  }

  /**
   * What the service has now.
   * @param {Fields} thing
   * @param {string} etag
   * @param {number} asked The count of `sendings` when it was asked for.
   */
  hear(thing, etag, asked) {
    if (this.#busy || asked !== this.sendings || etag === this.#etag) return;
    const first = this.#etag === "";
    const kept = first ? this.#recall() : null;
    const theirs = this.#fieldsOf(thing);
    const found = merge(kept?.base ?? this.base.peek(), kept?.edits ?? this.edits.peek(), theirs);
    this.#etag = etag;
    batch(() => {
      this.base.value = theirs;
      this.edits.value = found.edits;
      // One that was shown before stays until it is decided, or settled by itself.
      const before = this.conflicts.peek().filter(({ name }) => name in found.edits && !found.conflicts.some((other) => other.name === name));
      this.conflicts.value = [...before.map((each) => ({ ...each, theirs: theirs[each.name] })), ...found.conflicts];
    });
    this.#keep();
    if (Object.keys(sendable(found.edits, this.conflicts.peek())).length > 0) this.#soon(0);
  }

  /**
   * @param {Name} name
   * @param {unknown} value
   */
  edit(name, value) {
    const rest = Object.fromEntries(Object.entries(this.edits.peek()).filter(([other]) => other !== name));
    batch(() => {
      this.edits.value = same(value, this.base.peek()[name]) && !this.#busy ? rest : { ...rest, [name]: value };
      this.conflicts.value = this.conflicts.peek().map((each) => (each.name === name ? { ...each, mine: value } : each));
      this.problem.value = null;
      this.state.value = "typing";
    });
    this.#keep();
    this.#soon(PAUSE_MS);
  }

  /**
   * Decides what stays where two changed the same.
   * @param {string} name
   * @param {"mine" | "theirs"} choice
   */
  decide(name, choice) {
    batch(() => {
      this.conflicts.value = this.conflicts.peek().filter((each) => each.name !== name);
      if (choice === "theirs") this.edits.value = Object.fromEntries(Object.entries(this.edits.peek()).filter(([other]) => other !== name));
    });
    this.#keep();
    this.#soon(0);
  }

  /** Sends what is to be sent, now. */
  async flush() {
    clearTimeout(this.#timer);
    if (this.#busy || !this.#etag) return;
    const sent = sendable(this.edits.peek(), this.conflicts.peek());
    if (Object.keys(sent).length === 0) {
      // What is left waits for a decision, or for a title that people can see.
      this.state.value = Object.keys(this.edits.peek()).length === 0 ? "saved" : "typing";
      return;
    }
    this.#busy = true;
    this.state.value = "saving";
    try {
      const { data, etag } = await ask("PATCH", this.#address, { json: sent, ifMatch: this.#etag });
      this.#arrived(data, etag ?? "", sent);
    } catch (error) {
      this.#busy = false;
      if (!(error instanceof Refusal)) throw error;
      await this.#refused(error.problem);
    }
  }

  /** What is wrong with a field, if the service or a look at it says so. @param {Name} name */
  wrongOf(name) {
    if (name === "title" && "title" in this.edits.value && !isTitle(this.edits.value["title"])) return "empty";
    const at = this.problem.value?.errors.find(({ pointer }) => pointer === `#/${name}` || pointer?.startsWith(`#/${name}/`));
    return at ? "refused" : "";
  }

  /**
   * @param {Fields} thing
   * @param {string} etag
   * @param {Fields} sent
   */
  #arrived(thing, etag, sent) {
    this.#busy = false;
    this.#attempts = 0;
    this.#etag = etag;
    this.sendings += 1;
    batch(() => {
      this.base.value = this.#fieldsOf(thing);
      this.edits.value = without(this.edits.peek(), sent);
      this.problem.value = null;
      this.touched.value = true;
    });
    this.#keep();
    void this.flush();
  }

  /** @param {Problem} problem */
  async #refused(problem) {
    if (problem.code === "changed_meanwhile") return this.#look();
    this.problem.value = problem;
    const passes = problem.status === 0 || problem.status === 401 || problem.status === 429 || problem.status >= 500;
    this.state.value = passes ? "waiting" : "refused";
    if (!passes) return undefined;
    this.#attempts += 1;
    return this.#soon(1000 * patience(this.#attempts, problem.retryAfter));
  }

  /** Somebody was faster: what does it look like now? */
  async #look() {
    this.sendings += 1;
    try {
      const asked = this.sendings;
      const { data, etag } = await ask("GET", this.#address);
      this.state.value = "typing";
      this.hear(data, etag ?? "", asked);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.#refused(error.problem);
    }
  }

  /** @param {number} milliseconds */
  #soon(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), milliseconds);
  }

  #keep() {
    const edits = this.edits.peek();
    remember(this.#place, Object.keys(edits).length > 0 ? JSON.stringify({ base: this.base.peek(), edits }) : "");
  }

  /** @returns {{base: Fields, edits: Fields} | null} */
  #recall() {
    try {
      return JSON.parse(recall(this.#place) || "null");
    } catch {
      return null;
    }
  }

  /** @param {Fields} thing @returns {Fields} */
  #fieldsOf(thing) {
    return Object.fromEntries(this.names.map((name) => [name, thing[name]]));
  }
}

/** @type {Map<string, Saving>} */
const known = new Map();

/** What is on its way for a lesson. There is one for each, as long as the page of the browser lives. @param {string} id */
export function savingOf(id) {
  return one(id, () => new Saving(`/v1/assets/${id}`, `details.${id}`, NAMES));
}

/** The same for a course. @param {string} id */
export function savingOfCourse(id) {
  return one(id, () => new Saving(`/v1/collections/${id}`, `course.${id}`, COURSE_NAMES));
}

/** @param {string} id @param {() => Saving} make */
function one(id, make) {
  const found = known.get(id) ?? make();
  known.set(id, found);
  return found;
}

effect(() => {
  if (session.value.is !== "in") return;
  // Who has signed in again finds the details sent.
  for (const saving of known.values()) if (saving.state.peek() === "waiting") void saving.flush();
});
