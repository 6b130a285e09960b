/** What opens a lesson that not everybody may play. */
import { ask, Refusal } from "./api.js";
import { useEffect, useSignal } from "./vendor/ui.js";

const SECONDS = 4 * 3600;

/** @typedef {{id: string, policy: string, origins: string}} PlaybackId */
/** @typedef {import("./types").Opening & {playback_ids: readonly PlaybackId[]}} Played */

/**
 * Whether everybody may play it, by a public playback ID.
 * @param {import("./types").Opening} lesson
 */
function isOpen({ effective_visibility: visibility, review_state: review, published_at: from, withdraw_at: until }) {
  const now = Date.now();
  const isTime = (from === null || Date.parse(from) <= now) && (until === null || Date.parse(until) > now);
  return visibility === "public" && review === "published" && isTime;
}

/**
 * The playback ID that Studio plays by: a public one that any page may show, if there is one.
 * @param {{playback_ids: readonly PlaybackId[]}} lesson
 * @returns {PlaybackId | null}
 */
export function playedBy({ playback_ids: ids }) {
  return ids.find(({ policy, origins }) => policy === "public" && origins === "any") ?? ids.find(({ policy }) => policy === "signed") ?? ids[0] ?? null;
}

/**
 * A token for a playback ID, good for some hours. Throws `Refusal`.
 * @param {string} playbackId
 * @returns {Promise<string>}
 */
export async function issueToken(playbackId) {
  const { data } = await ask("POST", "/v1/playback-tokens", {
    json: { playback_id: playbackId, kinds: ["video", "image", "storyboard", "download"], expires_in: SECONDS },
  });
  return data.token ?? "";
}

/**
 * The token that the lesson is played by: empty where none is needed, null until it is there.
 * @param {Played} lesson
 * @returns {string | null}
 */
export function useToken(lesson) {
  const token = useSignal(/** @type {string | null} */ (null));
  const id = playedBy(lesson);
  const signed = id !== null && (id.policy === "signed" || !isOpen(lesson));
  useEffect(() => {
    token.value = null;
    if (!id || !signed) return undefined;
    let left = false;
    const renew = async () => {
      try {
        const issued = await issueToken(id.id);
        if (!left) token.value = issued;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    };
    void renew();
    const timer = setInterval(() => void renew(), (SECONDS / 2) * 1000);
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [id?.id, signed]);
  return signed ? token.value : "";
}

const MOST_AT_ONCE = 100;

/** Tokens for pictures by playback ID, good for as long as they stand here. @type {Map<string, Promise<string | null>>} */
const pictureTokens = new Map();
/** @type {{id: string, tell: (token: string | null) => void}[]} */
let wanted = [];

/**
 * The token that shows pictures of a playback ID: empty where none is needed, null until it is there. Those of all rows of a list are asked
 * for together.
 * @param {PlaybackId | null} id
 * @returns {string | null}
 */
export function usePictureToken(id) {
  const token = useSignal(/** @type {string | null} */ (null));
  const signed = id?.policy === "signed";
  useEffect(() => {
    token.value = null;
    let left = false;
    if (id && signed)
      void pictureToken(id.id).then((issued) => {
        if (!left) token.value = issued;
      });
    return () => {
      left = true;
    };
  }, [id?.id, signed]);
  return signed ? token.value : "";
}

/** @param {string} id @returns {Promise<string | null>} Null if there is none. */
function pictureToken(id) {
  const known = pictureTokens.get(id);
  if (known) return known;
  const asked = new Promise((/** @type {(token: string | null) => void} */ tell) => {
    if (wanted.length === 0) setTimeout(() => void issueWanted());
    wanted.push({ id, tell });
  });
  pictureTokens.set(id, asked);
  setTimeout(() => pictureTokens.delete(id), (SECONDS / 2) * 1000);
  return asked;
}

async function issueWanted() {
  const [now, later] = [wanted.slice(0, MOST_AT_ONCE), wanted.slice(MOST_AT_ONCE)];
  wanted = later;
  if (later.length > 0) setTimeout(() => void issueWanted());
  /** @type {{token: string | null}[]} */
  let issued = [];
  try {
    const { data } = await ask("POST", "/v1/playback-tokens", {
      json: { playback_ids: now.map(({ id }) => id), kinds: ["image"], expires_in: SECONDS },
    });
    issued = data.tokens;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const { id } of now) pictureTokens.delete(id);
  }
  for (const [at, { tell }] of now.entries()) tell(issued[at]?.token ?? null);
}

/**
 * An address of a lesson's media, as it is opened from here.
 * @param {string} address
 * @param {string | null} token
 */
export function opened(address, token) {
  const { pathname, search } = new URL(address, location.origin);
  if (!token) return pathname + search;
  return `${pathname}${search}${search ? "&" : "?"}token=${encodeURIComponent(token)}`;
}
