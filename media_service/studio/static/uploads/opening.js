/** Who may see lessons that are about to be uploaded, as it was chosen last in this browser. */
import { recall, remember } from "../memory.js";
import { signal } from "../vendor/ui.js";

const KEPT = "upload.visibility";

/** What may be chosen beforehand; empty leaves it to the platform. */
export const CHOICES = /** @type {const} */ (["", "private", "organization", "subtree", "public"]);
/** @typedef {(typeof CHOICES)[number]} Choice */

export const chosen = signal(CHOICES.find((each) => each === recall(KEPT)) ?? "");

/** @param {Choice} choice */
export function choose(choice) {
  chosen.value = choice;
  remember(KEPT, choice);
}
