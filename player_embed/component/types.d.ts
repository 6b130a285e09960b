/** Types of `<lesson-player>` VERSION: copy this file beside your sources, or reference it where it is served. */

export interface LessonPlayerError {
  /** Stable, such as "token_expired" or "network". */
  code: string;
  message: { en: string; zh: string };
}

export interface TokenExpiring {
  /** Seconds until the token ends; 0 if it was refused already. */
  expiresIn: number;
  /** What it is for: in a course, the lesson that the viewer has come to. */
  playbackId: string;
}

/** What plays; the title is "" where it is refused. */
export interface Lesson {
  playbackId: string;
  title: string;
}

export interface LessonPlayerElement extends HTMLElement {
  playbackId: string;
  /** Public ID of a collection: its lessons one after another, from `playbackId` on if that is given. */
  course: string;
  token: string;
  /** Origin of the service; the script's own origin if left out. */
  service: string;
  autoplay: boolean;
  muted: boolean;
  loop: boolean;
  volume: number;
  playbackRate: number;
  currentTime: number;
  /** "auto", or one of `qualities`. */
  quality: string;
  /** Label of the captions on screen, "" for none. */
  caption: string;
  /** Label of the sound that is heard. */
  language: string;
  renewToken: ((detail: TokenExpiring) => Promise<string | null> | string | null) | null;

  /** Playback ID of what plays: in a course, the lesson that the viewer has come to. */
  readonly lesson: string;
  readonly duration: number;
  readonly paused: boolean;
  readonly ended: boolean;
  readonly seeking: boolean;
  readonly readyState: number;
  readonly videoWidth: number;
  readonly videoHeight: number;
  readonly buffered: { readonly length: number; start(index: number): number; end(index: number): number };
  readonly error: LessonPlayerError | null;
  readonly kind: "video" | "animation" | "audio" | null;
  readonly assetState: "uploading" | "queued" | "processing" | "playable" | "ready" | "failed" | null;
  readonly qualities: readonly string[];
  get captions(): readonly string[];
  /** The attribute: which captions are shown at first. */
  set captions(value: string);
  readonly languages: readonly string[];

  /** Rejected as in HTML; with NotSupportedError where there is an `error`, AbortError where another lesson was loaded. */
  play(): Promise<void>;
  pause(): void;
  /** Begins anew, as after an error that has passed. */
  load(): void;

  addEventListener<Name extends keyof LessonPlayerEventMap>(
    name: Name,
    listener: (this: LessonPlayerElement, event: LessonPlayerEventMap[Name]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener<Name extends keyof HTMLElementEventMap>(
    name: Name,
    listener: (this: LessonPlayerElement, event: HTMLElementEventMap[Name]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(name: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

type MediaEventName =
  | "play" | "playing" | "pause" | "ended" | "waiting" | "seeking" | "seeked" | "timeupdate" | "progress" | "ratechange"
  | "volumechange" | "durationchange" | "loadedmetadata" | "loadeddata" | "canplay" | "canplaythrough" | "resize"
  | "enterpictureinpicture" | "leavepictureinpicture";

export interface LessonPlayerEventMap extends Record<MediaEventName, CustomEvent<null>> {
  ready: CustomEvent<Lesson>;
  lessonchange: CustomEvent<Lesson>;
  settingschange: CustomEvent<null>;
  tokenexpiring: CustomEvent<{ expiresIn: number }>;
  tokenexpired: CustomEvent<null>;
  tokenrefused: CustomEvent<null>;
  error: CustomEvent<LessonPlayerError>;
}

/** What JSX takes beside what every element takes (docs/player.md shows the declaration for React). */
export type LessonPlayerProps = Partial<
  Pick<
    LessonPlayerElement,
    "playbackId" | "course" | "token" | "service" | "autoplay" | "muted" | "loop" | "volume" | "playbackRate" | "renewToken"
  >
> & {
  controls?: "0";
  start?: number | string;
  end?: number | string;
  speed?: number | string;
  captions?: string;
  /** "1": the list of slides stands beside the picture. */
  slides?: "1";
  preferences?: "0";
  resume?: "0" | "1";
  /** "0": plays beside other players of the page. */
  alone?: "0";
  loading?: "eager" | "lazy";
} & { [Name in keyof LessonPlayerEventMap as `on${Name}`]?: (event: LessonPlayerEventMap[Name]) => void };

declare global {
  interface HTMLElementTagNameMap {
    "lesson-player": LessonPlayerElement;
  }
}
