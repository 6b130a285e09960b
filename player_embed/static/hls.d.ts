/** The part of hls.js that the player uses; `player_embed/vendor` holds it, and the bundle brings it in under this name. */
import type { HlsError } from "./pure/loading.js";
import type { Level } from "./types";

interface Events {
  hlsManifestParsed: unknown;
  hlsMaxAutoLevelUpdated: unknown;
  hlsLevelUpdated: { details: { live: boolean; edge: number } };
  hlsLevelsUpdated: unknown;
  hlsLevelSwitched: unknown;
  hlsAudioTracksUpdated: unknown;
  hlsAudioTrackSwitched: unknown;
  hlsBufferFlushed: unknown;
  hlsFragLoaded: {
    frag: { type: string; sn: number | "initSegment"; baseurl: string; start: number; duration: number; stats: { loaded: number } };
    payload: ArrayBuffer;
  };
  hlsMediaAttached: unknown;
  hlsBufferEos: object;
  hlsError: HlsError;
}

interface Config {
  audioPreference?: { lang?: string | undefined; name: string };
  maxMaxBufferLength: number;
  xhrSetup?: (request: XMLHttpRequest, url: string) => void;
}

export default class Hls {
  static isSupported(): boolean;
  static readonly Events: {
    readonly MANIFEST_PARSED: "hlsManifestParsed";
    readonly MAX_AUTO_LEVEL_UPDATED: "hlsMaxAutoLevelUpdated";
    readonly LEVEL_UPDATED: "hlsLevelUpdated";
    readonly LEVELS_UPDATED: "hlsLevelsUpdated";
    readonly LEVEL_SWITCHED: "hlsLevelSwitched";
    readonly AUDIO_TRACKS_UPDATED: "hlsAudioTracksUpdated";
    readonly AUDIO_TRACK_SWITCHED: "hlsAudioTrackSwitched";
    readonly FRAG_LOADED: "hlsFragLoaded";
    readonly BUFFER_FLUSHED: "hlsBufferFlushed";
    readonly BUFFER_EOS: "hlsBufferEos";
    readonly MEDIA_ATTACHED: "hlsMediaAttached";
    readonly ERROR: "hlsError";
  };

  constructor(config: Partial<Config> & Record<string, unknown>);
  readonly config: Config;
  readonly levels: Level[];
  readonly autoLevelEnabled: boolean;
  readonly manualLevel: number;
  readonly latestLevelDetails: { readonly fragments: readonly { readonly start: number }[] } | null;
  /** Of the group that is played. */
  readonly audioTracks: readonly { readonly name: string; readonly lang?: string }[];
  /** Of all groups, known with the manifest. */
  readonly allAudioTracks: readonly { readonly name: string; readonly lang?: string; readonly characteristics?: string }[];
  audioTrack: number;
  currentLevel: number;
  nextLevel: number;
  startLevel: number;
  autoLevelCapping: number;
  capLevelToPlayerSize: boolean;

  on<Name extends keyof Events>(event: Name, listener: (event: Name, data: Events[Name]) => unknown): void;
  once<Name extends keyof Events>(event: Name, listener: (event: Name, data: Events[Name]) => unknown): void;
  trigger<Name extends keyof Events>(event: Name, data: Events[Name]): void;
  removeLevel(index: number): void;
  startLoad(position: number): void;
  stopLoad(): void;
  recoverMediaError(): void;
  attachMedia(video: HTMLMediaElement): void;
  loadSource(address: string): void;
  destroy(): void;
}
