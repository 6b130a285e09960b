/** What the editor of captions reads of the service. */
import type { Draft } from "./draft.js";
import type { Clock } from "./clock.js";
import type { Editing } from "./editing.js";
import type { Lesson } from "../lesson/types";

export interface Source {
  label: string;
  text: string;
}

export interface Saved {
  digest: string;
  text: string;
  saved_at: string;
  saved_by: string;
}

/** How loud a lesson is: a value from 0 to 255 for each `each` milliseconds. */
export interface Peaks {
  values: Uint8Array;
  each: number;
}

export interface Loaded {
  lesson: Lesson;
  source: Source | null;
  draft: Saved | null;
  trackEtag: string | null;
}

export type DialogName = "help" | "shift" | "replace" | "spread" | "discard";

/** What all parts of the editor share. */
export interface Desk {
  editing: Editing;
  clock: Clock;
  draft: Draft;
  act(name: string): void;
}
