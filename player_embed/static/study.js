/**
 * A lesson that is studied (docs/study-hours.md): its session, what the course asks of the player, and what beats have to prove. Whatever
 * this page does not keep to, the service does not believe.
 */
import { setSpeed } from "./actions.js";
import { element } from "./elements.js";
import { fill } from "./pure/languages.js";
import { sha256 } from "./pure/sha256.js";
import { chained, proofInput, proofText, provenBy, reached, renditionOf, seekLimit, studyResume, wayBack } from "./pure/study.js";
import { formatTime } from "./pure/times.js";
/** @import { Beat } from "./pure/beats.js" */
/** @import { Fetched, Proof, Standing, Terms } from "./pure/study.js" */
/** @import { Playback, Segment } from "./playback.js" */
/** @import { Token } from "./token.js" */
/** @import { Page, TargetOf, Texts } from "./types" */

const AGAIN_MS = 3000;

/** Segments that are kept until the session's secret is known. */
const MOST_EARLY = 12;
const MOST_ENDS = 200;

/** A look at the medium that is older says nothing of what was played since. */
const LOOK_MS = 2000;

/**
 * What beats begin a session with.
 * @typedef {{play: string, clock: number, sequence: number}} Beginning
 */

/**
 * @typedef {object} StudyEvents
 * @property {Event} change The speeds that count are different.
 * @property {CustomEvent<number>} resume The learner was here, elsewhere: seconds.
 */

/** The hash of a segment; browsers have a quicker one on pages that they call secure. */
async function hashed(/** @type {Uint8Array<ArrayBuffer>} */ data) {
  return crypto.subtle ? new Uint8Array(await crypto.subtle.digest("SHA-256", data)) : sha256(data);
}

export class Study extends /** @type {TargetOf<StudyEvents>} */ (EventTarget) {
  #video;
  #token;
  #playback;
  #texts;
  #dialog = element("study");
  /** Says something for a moment. */
  #say;
  /** @type {Page | null} */
  #page = null;
  /** @type {() => Beginning} */
  #begin = () => ({ play: "", clock: 0, sequence: 0 });
  /** @type {(Terms & {id: string, nonce: string}) | null} */
  #session = null;
  /** What waits until the session has begun, or until somebody says that they are there: whether to play then. */
  #wantsPlay = false;
  #isOpening = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  #chain = "";
  /** @type {Proof[]} */
  #proofs = [];
  #told = new Set();
  /** @type {Segment[]} */
  #early = [];
  #furthest = 0;
  /** @type {Map<number, number>} */
  #ends = new Map();
  #look = { time: 0, at: 0 };
  #unseen = 0;
  #present = false;
  /** Whether the lesson may go on from where its learner was elsewhere: as it begins, unless the page says where. */
  #mayResume = false;

  /**
   * @param {object} player
   * @param {HTMLVideoElement} player.video
   * @param {Playback} player.playback
   * @param {Token} player.token
   * @param {Texts} player.texts
   * @param {(text: string) => void} player.say
   */
  constructor({ video, playback, token, texts, say }) {
    super();
    this.#video = video;
    this.#token = token;
    this.#playback = playback;
    this.#texts = texts;
    this.#say = say;
    video.addEventListener("play", () => this.#onPlay());
    video.addEventListener("seeking", () => this.#onSeeking());
    video.addEventListener("ratechange", () => this.#onRate());
    video.addEventListener("timeupdate", () => this.#onTime());
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    playback.addEventListener("segment", ({ detail }) => void this.#onSegment(detail));
    // Every key would drive the player behind it; and who is asked whether they are there has to answer.
    this.#dialog.addEventListener("keydown", (event) => event.stopPropagation());
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    element("study-go").addEventListener("click", () => this.#onAnswer());
  }

  /** Whether this lesson is studied. */
  get active() {
    return this.#page !== null;
  }

  /** The session that beats belong to, "" for none. */
  get id() {
    return this.#session?.id ?? "";
  }

  /** The highest speed that counts; null: any. */
  get speedLimit() {
    return this.#session?.speed_limit ?? null;
  }

  /**
   * From now on another lesson plays.
   * @param {Page} page
   * @param {() => Beginning} begin What beats say at the beginning of a session; they cut what was before.
   */
  open(page, begin) {
    clearTimeout(this.#again);
    this.#page = page.study_url ? page : null;
    this.#mayResume = !page.options.start && page.options.resume !== false;
    this.#begin = begin;
    this.#session = null;
    this.#furthest = this.#unseen = 0;
    this.#wantsPlay = this.#isOpening = this.#present = false;
    this.#early = [];
    this.#close();
    if (this.#page) void this.#start();
  }

  /**
   * A beat with what the session asks of it.
   * @param {Beat} beat
   * @returns {Beat}
   */
  dress(beat) {
    if (!this.#session) return beat;
    const found = provenBy(this.#proofs, beat.played);
    this.#proofs = this.#proofs.filter((proof) => !found.includes(proof));
    const fetched = found.map(({ rendition, number, proof }) => /** @type {Fetched} */ ([rendition, number, proof]));
    const dressed = { ...beat, fetched, present: this.#present };
    this.#present = false;
    this.#chain = chained(this.#chain, dressed);
    this.#ends.set(beat.sequence, this.#furthest);
    if (this.#ends.size > MOST_ENDS) this.#ends.delete(Math.min(...this.#ends.keys()));
    return { ...dressed, chain: this.#chain };
  }

  /**
   * What the service answers to beats.
   * @param {string} id The session that they were of.
   * @param {Standing} standing
   */
  hear(id, standing) {
    const session = this.#session;
    if (!session || id !== session.id) return;
    if (standing.ended) return this.#onEnd(standing.ended);
    const back = wayBack(standing, this.#ends, session);
    if (back === null) return;
    this.#furthest = back;
    this.#ends.clear();
    if (this.#video.currentTime <= back) return;
    this.#video.currentTime = back;
    this.#say(fill(this.#texts.notCounted, { time: formatTime(back) }));
  }

  // ---- the session ----

  async #start() {
    const page = this.#page;
    if (!page?.study_url || this.#isOpening) return;
    this.#isOpening = true;
    const asked = this.#begin();
    const answer = await fetch(this.#token.on(page.study_url), { method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify(asked) }).catch(() => null);
    const session = answer?.ok ? await answer.json().catch(() => null) : null;
    if (page !== this.#page) return;
    this.#isOpening = false;
    if (answer?.status === 404) {
      // Nobody wants to know any more.
      this.#page = null;
      this.#goOn();
    } else if (!session || this.#begin().sequence !== asked.sequence) this.#again = setTimeout(() => void this.#start(), AGAIN_MS);
    else this.#take(session);
  }

  /** @param {Terms & {id: string, nonce: string, furthest: number}} session */
  #take(session) {
    this.#session = session;
    this.#chain = session.nonce;
    this.#proofs = [];
    this.#told.clear();
    this.#ends.clear();
    this.#furthest = session.furthest;
    for (const segment of this.#early.splice(0)) void this.#prove(segment);
    this.#onRate();
    this.#onSeeking();
    this.dispatchEvent(new Event("change"));
    this.#resume(session);
    this.#goOn();
  }

  /** @param {Terms & {furthest: number}} session */
  #resume(session) {
    const video = this.#video;
    const there = this.#mayResume ? studyResume(session, video.currentTime, this.#page?.duration ?? null) : 0;
    this.#mayResume = false;
    if (!there) return;
    // Before it knows its medium, a video forgets where it was sent.
    if (video.readyState > 0) video.currentTime = there;
    else video.addEventListener("loadedmetadata", () => (video.currentTime = there), { once: true });
    this.dispatchEvent(new CustomEvent("resume", { detail: there }));
  }

  /** @param {string} why */
  #onEnd(why) {
    this.#session = null;
    if (why !== "taken_over" && why !== "forged") return this.#beginAgain();
    this.#ask(why === "forged" ? "notBelieved" : "takenOver");
  }

  /** What is loaded was proved to another session, so it is loaded again, mostly from the browser's own cache. */
  #beginAgain() {
    this.#wantsPlay ||= !this.#video.paused;
    this.#video.pause();
    this.#early = [];
    this.#playback.reload({ growing: this.#playback.growing });
    void this.#start();
  }

  #goOn() {
    const wants = this.#wantsPlay;
    this.#wantsPlay = false;
    if (wants) this.#video.play().catch(() => {});
  }

  // ---- the dialog ----

  /** @param {"areYouThere" | "takenOver" | "notBelieved"} what */
  #ask(what) {
    this.#wantsPlay ||= !this.#video.paused;
    this.#video.pause();
    element("study-title").textContent = this.#texts[`${what}Title`];
    element("study-text").textContent = this.#texts[what];
    element("study-go").textContent = this.#texts[`${what}Go`];
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  #onAnswer() {
    this.#close();
    this.#wantsPlay = true;
    if (!this.#session) return this.#beginAgain();
    this.#unseen = 0;
    this.#present = true;
    this.#goOn();
  }

  // ---- what the course asks of the player ----

  #onPlay() {
    if (!this.#page || (this.#session && !this.#dialog.open)) return;
    this.#wantsPlay = true;
    this.#video.pause();
  }

  #onSeeking() {
    const video = this.#video;
    this.#look = { time: video.currentTime, at: performance.now() };
    const limit = this.#session && seekLimit(video.currentTime, this.#furthest, this.#session);
    if (limit === null) return;
    video.currentTime = limit;
    this.#say(this.#texts.noFurther);
  }

  #onRate() {
    const limit = this.speedLimit;
    if (limit === null || this.#video.playbackRate <= limit) return;
    setSpeed(this.#video, limit);
    this.#say(fill(this.#texts.speedLimit, { speed: limit }));
  }

  #onTime() {
    const video = this.#video;
    const session = this.#session;
    const now = { time: video.currentTime, at: performance.now() };
    const passed = Math.min(now.at - this.#look.at, LOOK_MS) / 1000;
    if (session && !video.seeking) {
      this.#furthest = reached(this.#furthest, this.#look.time, now.time);
      if (!video.paused) this.#unseen += passed;
    }
    this.#look = now;
    if (session?.presence_seconds && this.#unseen >= session.presence_seconds) this.#ask("areYouThere");
  }

  #onVisibility() {
    if (this.#session?.mode !== "supervised" || !document.hidden || document.pictureInPictureElement === this.#video) return;
    this.#video.pause();
  }

  // ---- proofs ----

  /** @param {Segment} segment */
  async #onSegment(segment) {
    if (!this.#page) return;
    if (this.#session) return this.#prove(segment);
    this.#early = [...this.#early, { ...segment, data: segment.data.slice(0) }].slice(-MOST_EARLY);
  }

  /** @param {Segment} segment */
  async #prove({ url, number, start, end, data }) {
    const session = this.#session;
    if (!session || this.#told.has(number)) return;
    this.#told.add(number);
    // Copied before anything is waited for: the player hands the bytes on.
    const input = proofInput(session.nonce, new Uint8Array(data));
    const proof = proofText(await hashed(input));
    if (session === this.#session) this.#proofs.push({ rendition: renditionOf(url), number, start, end, proof });
  }
}
