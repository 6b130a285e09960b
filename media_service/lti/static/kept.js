// What a browser keeps between the two ends of a sign-in: in the learning platform's own storage where that is offered
// (1EdTech "LTI Client Side postMessages" and "LTI Postmessage Storage"), and in the storage of this tab.

const ANSWER_MS = 2000;
const SECOND_MS = 400; // where it is kept once already

/** @typedef {{ name: string, nonce: string, storage: string, origin: string, following: string }} SignIn */

/** @returns {SignIn} what the page was given */
export function given() {
  const { name = "", nonce = "", storage = "", origin = "", following = "" } = document.body.dataset;
  return { name, nonce, storage, origin, following };
}

/**
 * Keeps the nonce of a sign-in wherever that is possible.
 * @param {SignIn} signIn
 * @returns {Promise<boolean>} whether it is kept anywhere
 */
export async function keep(signIn) {
  const inTab = keepInTab(signIn);
  const atPlatform = await ask(signIn, "lti.put_data", { value: signIn.nonce }, inTab ? SECOND_MS : ANSWER_MS);
  return inTab || atPlatform?.value === signIn.nonce;
}

/**
 * @param {SignIn} signIn
 * @returns {Promise<boolean>} whether this browser has kept it
 */
export async function isKept(signIn) {
  if (takeFromTab(signIn)) return true;
  const answer = await ask(signIn, "lti.get_data", {}, ANSWER_MS);
  return answer?.value === signIn.nonce;
}

/** @param {SignIn} signIn */
function keepInTab({ name, nonce }) {
  try {
    sessionStorage.setItem(`lti-${name}`, nonce);
    return sessionStorage.getItem(`lti-${name}`) === nonce;
  } catch {
    return false; // a frame that may keep nothing
  }
}

/** @param {SignIn} signIn */
function takeFromTab({ name, nonce }) {
  try {
    const found = sessionStorage.getItem(`lti-${name}`);
    sessionStorage.removeItem(`lti-${name}`);
    return found === nonce;
  } catch {
    return false;
  }
}

/**
 * Asks the platform's frame, and believes its origin alone.
 * @param {SignIn} signIn
 * @param {string} subject
 * @param {{ value?: string }} more
 * @param {number} patience in milliseconds
 * @returns {Promise<{ value?: unknown } | null>} null where nobody answers
 */
function ask({ name, storage, origin }, subject, more, patience) {
  const frame = storage && origin ? platformFrame(storage) : null;
  if (!frame) return Promise.resolve(null);
  return new Promise((resolve) => {
    // Not randomUUID, which pages without TLS have not.
    const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
    /** @param {MessageEvent} event */
    const hear = (event) => {
      const { data } = event;
      if (event.origin !== origin || data?.message_id !== id || data.subject !== `${subject}.response`) return;
      end(data.error ? null : data);
    };
    /** @param {{ value?: unknown } | null} answer */
    const end = (answer) => {
      window.removeEventListener("message", hear);
      clearTimeout(timer);
      resolve(answer);
    };
    const timer = setTimeout(() => end(null), patience);
    window.addEventListener("message", hear);
    frame.postMessage({ subject, message_id: id, key: `lessonstream-${name}`, ...more }, origin);
  });
}

/**
 * @param {string} target a frame's name, or `_parent`
 * @returns {Window | null}
 */
function platformFrame(target) {
  const above = window.parent !== window ? window.parent : window.opener;
  if (!above || target === "_parent") return above;
  try {
    return above.frames[target] ?? above;
  } catch {
    return above;
  }
}
