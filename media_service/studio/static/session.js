/** Who is signed in. A session that ends in the middle stops nothing: what waits goes on after the next sign-in, in whatever window. */
import { ask, refusedSignIns, Refusal, useCredentials } from "./api.js";
import { language } from "./language.js";
import { effect, signal } from "./vendor/ui.js";
/** @import { Person, Problem } from "./types" */

const SIGN_IN = "/studio/sign-in";

/** @typedef {{is: "unknown"} | {is: "in", person: Person} | {is: "out"} | {is: "unclear", problem: Problem}} Session */

/** @type {import("./vendor/ui.js").Signal<Session>} */
export const session = signal(/** @type {Session} */ ({ is: "unknown" }));

/** Whether it is a person who is signed in, and no API key: people own what they bring. */
export function isPerson() {
  const now = session.peek();
  return now.is === "in" && now.person.personId !== null;
}

/** Whether somebody was signed in since the page was opened: then a sign-in is asked for beside the page, not instead of it. */
export const wasIn = signal(false);

/** Windows of Studio tell each other that somebody has signed in. */
const windows = new BroadcastChannel("lessonstream.studio");

/**
 * The page that signs in.
 * @param {string} returnTo Where it leads afterwards.
 */
export function signInAddress(returnTo) {
  return `${SIGN_IN}?lang=${language.peek()}&return_to=${encodeURIComponent(returnTo)}`;
}

/** Asks the service who this is. Whom it does not know it is asked to sign in. */
export async function recognize() {
  try {
    const { data } = await ask("GET", "/v1/whoami");
    useCredentials({ csrf: data.csrf_token ?? "" });
    const isNew = session.peek().is !== "in";
    wasIn.value = true;
    session.value = {
      is: "in",
      person: {
        name: data.person?.name ?? data.api_key?.label ?? "",
        role: data.role,
        organization: data.organization.name,
        organizationId: data.organization.id,
        isAtTop: data.organization.parent_id === null,
        personId: data.person?.id ?? null,
        sessionId: data.session_id,
      },
    };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none: it is of one origin
    if (isNew) windows.postMessage("in");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.problem.status !== 401) {
      if (!wasIn.peek()) session.value = { is: "unclear", problem: error.problem };
    } else if (wasIn.peek()) session.value = { is: "out" };
    else location.replace(signInAddress(location.pathname + location.search));
  }
}

/** Begins to notice that a session has ended, or that somebody has signed in again. */
export function watchSession() {
  const look = () => {
    if (session.peek().is === "out") void recognize();
  };
  windows.addEventListener("message", look);
  window.addEventListener("focus", look);
  effect(() => {
    if (refusedSignIns.value > 0 && session.peek().is === "in") session.value = { is: "out" };
  });
}
