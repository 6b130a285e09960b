/** Types of `<lesson-player>` 1.0.0: copy this file beside your sources, or reference it where it is served. */

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
  readonly captions: readonly string[];
  readonly languages: readonly string[];

  play(): Promise<void>;
  pause(): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "lesson-player": LessonPlayerElement;
  }
  interface HTMLElementEventMap {
    tokenexpiring: CustomEvent<TokenExpiring>;
    tokenexpired: CustomEvent<null>;
    settingschange: CustomEvent<null>;
  }
}
