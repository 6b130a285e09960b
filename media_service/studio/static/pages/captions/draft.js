/**
 * A draft on its way to the service: saved while one writes, whatever the network does. What somebody else saved meanwhile is never
 * written over without asking.
 */
import { ask, Refusal } from "../../api.js";
import { patience } from "../../pure/edits.js";
import { batch, signal } from "../../vendor/ui.js";
/** @import { Problem } from "../../types" */
/** @import { Saved, Source } from "./types" */

const PAUSE_MS = 900;

export class Draft {
  state = signal(/** @type {"still" | "typing" | "saving" | "saved" | "waiting" | "conflict" | "refused"} */ ("still"));
  problem = signal(/** @type {Problem | null} */ (null));
  /** What somebody else has saved or published. */
  conflict = signal(/** @type {{what: "draft" | "track", text: string, by: string, at: string} | null} */ (null));
  /** Whether there is a draft beside what plays. */
  exists = signal(false);
  /** Whether anything plays. */
  published = signal(false);
  #address;
  #track;
  #text;
  #saved;
  #etag = /** @type {string | null} */ (null);
  #trackEtag = /** @type {string | null} */ (null);
  #label;
  #attempts = 0;
  /** @type {Promise<void> | null} */
  #going = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} id Of the lesson.
   * @param {string} kind
   * @param {string} tongue
   * @param {{source: Source | null, draft: Saved | null, trackEtag: string | null}} loaded
   */
  constructor(id, kind, tongue, { source, draft, trackEtag }) {
    this.#address = `/v1/assets/${id}/drafts/${kind}/${tongue}`;
    this.#track = `/v1/assets/${id}/tracks/${kind}/${tongue}`;
    this.#label = source?.label ?? "";
    this.#trackEtag = trackEtag;
    this.#etag = draft ? `"${draft.digest}"` : null;
    this.#text = this.#saved = draft?.text ?? source?.text ?? "";
    this.exists.value = draft !== null;
    this.published.value = source !== null;
  }

  /** The text by now; it is saved soon. @param {string} text */
  write(text) {
    this.#text = text;
    if (this.state.peek() === "conflict") return;
    if (text === this.#saved && !this.#going) {
      if (this.state.peek() === "typing") this.state.value = "saved";
      return;
    }
    this.state.value = "typing";
    this.#soon(PAUSE_MS);
  }

  /** Whether all of it has arrived. */
  get isSafe() {
    return this.#text === this.#saved;
  }

  /** Saves now what is not saved yet. */
  async flush() {
    clearTimeout(this.#timer);
    if (this.#going) await this.#going;
    if (this.isSafe || this.conflict.peek()) return;
    this.#going = this.#save().finally(() => {
      this.#going = null;
    });
    await this.#going;
  }

  /**
   * Lets everybody see it. Resolves to whether that worked.
   * @returns {Promise<boolean>}
   */
  async publish() {
    await this.flush();
    if (!this.isSafe || this.conflict.peek()) return false;
    const query = new URLSearchParams({ ...(this.#label && { label: this.#label }), ...(this.#etag && { draft: this.#etag.replaceAll('"', "") }) });
    try {
      const { etag } = await ask("PUT", `${this.#track}?${query}`, { body: this.#text, ...condition(this.#trackEtag) });
      batch(() => {
        this.#trackEtag = etag;
        this.#etag = null;
        this.exists.value = false;
        this.published.value = true;
        this.problem.value = null;
        this.state.value = "still";
      });
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.problem.code === "changed_meanwhile") await this.#look();
      else this.problem.value = error.problem;
      return false;
    }
  }

  /**
   * Drops the draft; resolves to the text that plays, null if it could not be done.
   * @returns {Promise<string | null>}
   */
  async discard() {
    clearTimeout(this.#timer);
    if (this.#going) await this.#going;
    try {
      await ask("DELETE", this.#address, this.#etag ? { ifMatch: this.#etag } : {});
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.problem.code !== "draft_not_found") {
        if (error.problem.code === "changed_meanwhile") await this.#look();
        else this.problem.value = error.problem;
        return null;
      }
    }
    const playing = await look(`${this.#track}/source`);
    const text = playing?.data.text ?? "";
    batch(() => {
      this.#etag = null;
      this.#trackEtag = playing?.etag ?? null;
      this.#text = this.#saved = text;
      this.exists.value = false;
      this.state.value = "still";
    });
    return text;
  }

  /** Decides what stays. Returns the text to go on with. @param {"mine" | "theirs"} choice */
  decide(choice) {
    const found = this.conflict.peek();
    if (!found) return this.#text;
    const text = choice === "mine" ? this.#text : found.text;
    batch(() => {
      this.conflict.value = null;
      this.problem.value = null;
      this.#text = text;
      // Of what plays nothing is saved by choosing it, of a draft the other one is saved already.
      this.#saved = found.what === "draft" ? found.text : this.#saved;
      this.state.value = this.isSafe ? "saved" : "typing";
    });
    if (!this.isSafe) this.#soon(0);
    return text;
  }

  async #save() {
    const text = this.#text;
    this.state.value = "saving";
    try {
      const { etag } = await ask("PUT", this.#address, { body: text, ...condition(this.#etag) });
      this.#attempts = 0;
      batch(() => {
        this.#etag = etag;
        this.#saved = text;
        this.exists.value = true;
        this.problem.value = null;
        this.state.value = this.isSafe ? "saved" : "typing";
      });
      if (!this.isSafe) this.#soon(PAUSE_MS);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.#refused(error.problem);
    }
  }

  /** @param {Problem} problem */
  async #refused(problem) {
    if (problem.code === "changed_meanwhile") {
      await this.#look();
      return;
    }
    const passes = problem.status === 0 || problem.status === 401 || problem.status === 429 || problem.status >= 500;
    this.problem.value = problem;
    this.state.value = passes ? "waiting" : "refused";
    if (!passes) return;
    this.#attempts += 1;
    this.#soon(1000 * patience(this.#attempts, problem.retryAfter));
  }

  /** Somebody was faster: with what? */
  async #look() {
    try {
      const [draft, track] = await Promise.all([look(this.#address), look(`${this.#track}/source`)]);
      const changed = (draft?.etag ?? null) !== this.#etag;
      this.#etag = draft?.etag ?? null;
      const replaced = (track?.etag ?? null) !== this.#trackEtag;
      this.#trackEtag = track?.etag ?? null;
      this.published.value = track !== null;
      this.exists.value = draft !== null;
      const other = changed && draft ? draft : replaced ? track : null;
      if (!other || other.data.text === this.#text) {
        // The other one is gone, or says the same.
        if (draft) this.#saved = draft.data.text;
        else this.#saved = "";
        this.state.value = this.isSafe ? "saved" : "typing";
        if (!this.isSafe) this.#soon(0);
        return;
      }
      batch(() => {
        this.conflict.value = { what: other === draft ? "draft" : "track", text: other.data.text, by: other.data.saved_by ?? "", at: other.data.saved_at ?? "" };
        this.state.value = "conflict";
      });
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
}

/** @param {string | null} etag Of what was seen, null where there was nothing. */
function condition(etag) {
  const headers = { "Content-Type": "text/plain" };
  return etag ? { ifMatch: etag, headers } : { headers: { ...headers, "If-None-Match": "*" } };
}

/** What stands at an address, null if nothing does. Throws `Refusal`. @param {string} address */
export async function look(address) {
  try {
    return await ask("GET", address);
  } catch (error) {
    if (error instanceof Refusal && (error.problem.code === "draft_not_found" || error.problem.code === "track_not_found")) return null;
    throw error;
  }
}
