/** How this platform is set up, as far as its pages speak of it. The page that Studio is brings it along. */

/** How many days what was deleted can be brought back. */
export const TRASH_DAYS = Number(document.getElementById("studio")?.dataset["trashDays"]);
