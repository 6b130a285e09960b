/** Elements of the page by ID, and small things made of them. */
/** @import { Elements } from "./types" */

/**
 * @template {string} Id
 * @param {Id} id
 * @returns {Id extends keyof Elements ? Elements[Id] : HTMLElement}
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}`);
  return /** @type {Id extends keyof Elements ? Elements[Id] : HTMLElement} */ (found);
}

/**
 * A text in an element of its own, written in its own direction.
 * @param {string} className
 * @param {string} text
 */
export function span(className, text) {
  return Object.assign(document.createElement("span"), { className, textContent: text, dir: "auto" });
}

/**
 * The data that the page carries in a script element.
 * @template Data
 * @param {string} id
 * @returns {Data}
 */
export function dataOf(id) {
  return JSON.parse(element(id).textContent ?? "");
}
