// The end of a sign-in: only the browser that began it goes on.

import { given, isKept } from "./kept.js";

const signIn = given();
if (await isKept(signIn)) {
  location.replace(signIn.following);
} else {
  const opening = /** @type {HTMLElement} */ (document.getElementById("opening"));
  const refused = /** @type {HTMLElement} */ (document.getElementById("refused"));
  opening.hidden = true;
  refused.hidden = false;
}
