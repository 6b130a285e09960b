/** Shapes that modules of the player share. Modules name them by `@import` in their comments; nothing of this is served. */
import type { CAPTION_COLORS, CAPTION_SIZES } from "./pure/preferences.js";
import type { TEXTS } from "./pure/texts.js";

export type Language = keyof typeof TEXTS;

/** A sentence as errors carry it. */
export type Sentence = Record<Language, string>;

/** Every sentence and label, in one language. */
export type Texts = (typeof TEXTS)["en"];

export type Kind = "video" | "animation" | "audio";
export type AssetState = "uploading" | "queued" | "processing" | "playable" | "ready" | "failed";

/** What is the matter, as the page around is told. */
export interface Fault {
  code: string;
  message: Sentence;
}

/** What the query of the page's address asks for; null: nothing was said. */
export interface Options {
  autoplay: boolean | null;
  muted: boolean;
  loop: boolean;
  controls: boolean;
  resume: boolean | null;
  start: number;
  /** Seconds to stop at; null: the end. */
  end: number | null;
  speed: number | null;
  /** "on", a language, or "" for none. */
  captions: string | null;
  /** Whether the list of slides stands there from the beginning. */
  slides?: boolean | null;
  /** Whether what the viewer chooses is kept for other lessons. */
  preferences: boolean;
  lang: Language | null;
}

/** What a viewer chooses for all lessons. */
export interface Preferences {
  volume: number;
  muted: boolean;
  speed: number;
  /** Their language, "" for none. */
  captions: string;
  captionSize: (typeof CAPTION_SIZES)[number];
  captionColors: (typeof CAPTION_COLORS)[number];
  /** Its language. */
  sound: string;
  saver: boolean;
}

export interface Progress {
  percent?: number;
  eta_seconds?: number | null;
  queue_position?: number | null;
}

/** A track as the service lists it. */
export interface TrackData {
  kind: string;
  language: string;
  label: string;
  url: string;
}

export interface Lesson {
  playback_id: string;
  title: string;
  duration: number | null;
  /** Where its page's data are, without a token. */
  status_url: string;
}

export interface CourseData {
  title: string;
  index: number;
  lessons: Lesson[];
}

/** Where a lesson plays from that is another platform's. */
export interface Reference {
  /** What the platform is called here. */
  name: string;
  /** Where it says what there is to play; it counts what is played, too. */
  status_url: string;
}

/** The page's data (media_service/embed/page.py), also what it polls. */
export interface Page {
  playback_id: string;
  title: string;
  kind: Kind;
  state: AssetState;
  progress: Progress | null;
  failure: Fault | null;
  version_id: string;
  manifest_url: string;
  poster_url: string | null;
  storyboard_url: string | null;
  status_url: string;
  /** Where it tells what is played, and asks how often that was; null: nobody wants to know. */
  beats_url: string | null;
  views_url: string | null;
  /** Where it begins to be studied; null: it is only watched. */
  study_url: string | null;
  /** Who is to be asked what there is to play; null: it plays from here. */
  reference?: Reference | null;
  /** What moves over the picture. */
  mark: string | null;
  token_expires_in: number | null;
  duration: number | null;
  width: number | null;
  height: number | null;
  loop: boolean;
  /** Whether its source waits for its reader, and the video shows only what runs by itself. */
  interactive?: boolean;
  /** The movie that it is then, which may be played itself; null: it may not. */
  movie_url?: string | null;
  tracks: TrackData[];
  options: Options;
  course?: CourseData | null;
}

/** What the frame of a movie is handed. */
export interface Handed {
  /** Ruffle's program. */
  engine: ArrayBuffer;
  movie: ArrayBuffer;
  /** What it is called, for screen readers. */
  label: string;
}

/** A quality of the manifest. */
export interface Level {
  width: number;
  height: number;
  bitrate: number;
  videoCodec?: string | undefined;
  frameRate?: number;
}

/** A stretch of time with its title. */
export interface Chapter {
  start: number;
  end: number;
  title: string;
}

/** Where in a sprite the picture of a stretch of time stands. */
export interface StoryboardCue {
  start: number;
  end: number;
  url: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What the panel over the poster says. */
export interface PanelContent {
  title: string;
  text?: string;
  figures?: string;
  code?: string;
  percent?: number | null;
}

/** The part of TimeRanges that decisions need. */
export interface Ranges {
  readonly length: number;
  start(index: number): number;
  end(index: number): number;
}

/** An event target that says which events it has; a class extends EventTarget as one. */
export interface TargetOf<Events> {
  new (): {
    addEventListener<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => unknown, options?: AddEventListenerOptions): void;
    dispatchEvent(event: Events[keyof Events]): boolean;
  };
}

/** Elements of embed.html by ID, where more is asked of them than of every element. */
export interface Elements {
  "video": HTMLVideoElement;
  "seek-input": HTMLInputElement;
  "volume": HTMLInputElement;
  "help": HTMLDialogElement;
  "study": HTMLDialogElement;
}
