/** What only some browsers have, and so no declaration of all of them. */

interface HTMLMediaElement {
  /** Safari: the sounds of a medium that it plays by itself. */
  readonly audioTracks?: Iterable<{ readonly label: string; readonly language: string; readonly kind?: string; enabled: boolean }>;
}

interface HTMLVideoElement {
  /** iPhone: only the video itself can fill the screen. */
  readonly webkitSupportsFullscreen?: boolean;
  webkitEnterFullscreen?(): void;
  /** Safari: AirPlay. */
  webkitShowPlaybackTargetPicker?(): void;
  addEventListener(
    name: "webkitplaybacktargetavailabilitychanged",
    listener: (event: Event & { readonly availability: "available" | "not-available" }) => unknown,
  ): void;
}

interface Window {
  readonly WebKitPlaybackTargetAvailabilityEvent?: unknown;
  /** Ruffle, in the frame of a movie. */
  RufflePlayer?: any;
}

interface Navigator {
  /** Chromium: what it knows of the network. */
  readonly connection?: { readonly downlink?: number; readonly effectiveType?: string; readonly saveData?: boolean };
  /** Global Privacy Control. */
  readonly globalPrivacyControl?: boolean;
}
