// The beginning of a sign-in: this browser keeps its name, then the learning platform says who sits before it.

import { given, keep } from "./kept.js";

const signIn = given();
if (await keep(signIn)) {
  location.replace(signIn.following);
} else {
  // A window of its own is no stranger's frame, so it may keep something.
  const form = /** @type {HTMLFormElement} */ (document.getElementById("window"));
  const opening = /** @type {HTMLElement} */ (document.getElementById("opening"));
  opening.hidden = true;
  form.hidden = false;
}
