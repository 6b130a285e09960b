/** What keys do. None of these is taken by browsers or by ways to write Chinese, and all of them work while one writes. */

/** @typedef {"help" | "play" | "back" | "forward" | "playCue" | "start" | "end" | "previous" | "next" | "split" | "merge" | "add" | "remove" | "shift" | "replace" | "undo" | "redo"} Action */

/** @type {readonly {action: Action, code: string, shown: string}[]} */
export const KEYS = [
  { action: "play", code: "KeyK", shown: "Alt+K" },
  { action: "back", code: "KeyJ", shown: "Alt+J" },
  { action: "forward", code: "KeyL", shown: "Alt+L" },
  { action: "playCue", code: "KeyP", shown: "Alt+P" },
  { action: "start", code: "KeyI", shown: "Alt+I" },
  { action: "end", code: "KeyO", shown: "Alt+O" },
  { action: "previous", code: "ArrowUp", shown: "Alt+↑" },
  { action: "next", code: "ArrowDown", shown: "Alt+↓" },
  { action: "split", code: "Enter", shown: "Alt+Enter" },
  { action: "merge", code: "KeyM", shown: "Alt+M" },
  { action: "add", code: "KeyN", shown: "Alt+N" },
  { action: "remove", code: "KeyX", shown: "Alt+X" },
  { action: "shift", code: "KeyG", shown: "Alt+G" },
  { action: "replace", code: "KeyR", shown: "Alt+R" },
  { action: "help", code: "Slash", shown: "Alt+/" },
];

export const UNDO_KEYS = "Ctrl+Z";
export const REDO_KEYS = "Ctrl+Shift+Z";

/** What chapters know nothing of. */
export const OF_CAPTIONS = /** @type {ReadonlySet<string>} */ (new Set(["end", "split", "merge", "spread"]));

/**
 * What a key does here, null if nothing.
 * @param {KeyboardEvent} event
 * @returns {Action | null}
 */
export function actionOf(event) {
  const { altKey, ctrlKey, metaKey, shiftKey, code, key, target } = event;
  if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
  if (ctrlKey && !altKey && !shiftKey && key.toLowerCase() === "y") return "redo";
  // AltGr writes letters, and comes as both.
  if (altKey && !ctrlKey && !metaKey && !shiftKey) return KEYS.find((each) => each.code === code)?.action ?? null;
  const writes = target instanceof Element && target.matches("input, textarea, select");
  return key === "?" && !writes && !ctrlKey && !altKey && !metaKey ? "help" : null;
}
