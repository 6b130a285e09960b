/** What the trash says: it speaks of lessons as their list does. */
export { TEXTS } from "../lessons/texts.js";
