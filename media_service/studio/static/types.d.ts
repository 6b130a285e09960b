/** Shapes that several modules of Studio speak of. */
import type { Child, Signal } from "./vendor/ui.js";

export type Language = "en" | "zh";
export type Message = Record<Language, string>;

/** A problem document (RFC 9457) as the service sends it, or what stands for one that never came. */
export interface Problem {
  status: number;
  code: string;
  message: Message;
  detail: string | null;
  errors: readonly { detail?: string; pointer?: string; parameter?: string }[];
  /** Seconds that the service asks to wait, null if it does not say. */
  retryAfter: number | null;
}

/** A page of Studio. `load` brings its module when it is first shown. */
export interface Page {
  /** Address with named parts, such as `/studio/lessons/:id`. */
  path: string;
  /** Word of the navigation that is marked while the page is shown. */
  section: "uploads" | "lessons" | "courses" | "statistics" | "more" | null;
  load(): Promise<{ Page(props: { params: Record<string, string> }): Child }>;
}

/** Who is signed in. */
export interface Person {
  name: string;
  role: string;
  organization: string;
  organizationId: string;
  /** Nothing stands above their organization: they look after the whole installation. */
  isAtTop: boolean;
  /** Null where an API key is signed in, which is nobody. */
  personId: string | null;
  sessionId: string | null;
}

/** A file as it was dropped or chosen. `path` is its place in the folder, empty for a file by itself. */
export interface Picked {
  file: File;
  path: string;
  handle: FileSystemFileHandle | null;
  /** The lesson that it shall replace, if it is for one. */
  replaces?: Replacement;
}

/** What a file is to be to a lesson that plays: its next version. */
export interface Replacement {
  assetId: string;
  note: string;
  activate: "ready" | "manual";
}

export type Phase = "waiting" | "checking" | "sending" | "retrying" | "paused" | "failed" | "sent";

/** One file on its way. Fields that change are signals, so that a change draws one row and nothing else. */
export interface Item {
  readonly id: string;
  readonly file: File;
  readonly path: string;
  readonly handle: FileSystemFileHandle | null;
  readonly replaces: Replacement | null;
  /** Who may see what it becomes; empty leaves it to the platform. */
  readonly visibility: string;
  readonly phase: Signal<Phase>;
  /** Bytes that have left. */
  readonly sent: Signal<number>;
  /** Bytes per second, null while unknown. */
  readonly speed: Signal<number | null>;
  readonly problem: Signal<Problem | null>;
  /** Something the author should know, that stops nothing. */
  readonly note: Signal<"" | "differs" | "continued" | "restarted">;
  readonly assetId: Signal<string | null>;
  /** Where the bytes go, once the service has said it. */
  address: string | null;
  /** What the begin of the upload is known by, so that asking twice makes one. */
  attemptKey: string;
}

/** An upload that the service has begun and not finished. */
export interface OpenUpload {
  id: string;
  address: string;
  name: string;
  size: number;
  received: number;
  /** Whether its bytes are on their way at this moment, from wherever. */
  isBeingSent: boolean;
  digest: string | null;
  assetId: string;
}

/** What Studio reads of an asset. */
/** Who may play a lesson, and when. */
export interface Opening {
  effective_visibility: "private" | "organization" | "subtree" | "shared" | "public";
  review_state: "draft" | "submitted" | "returned" | "accepted" | "published";
  published_at: string | null;
  withdraw_at: string | null;
}

export interface Asset extends Opening {
  id: string;
  title: string;
  kind: string | null;
  state: "uploading" | "queued" | "processing" | "playable" | "ready" | "failed" | "external";
  duration: number | null;
  failure: { code: string; message: Message; plays_on: boolean } | null;
  progress?: { percent: number; stage: string | null; eta_seconds: number | null; queue_position: number | null };
  playback_ids: { id: string; policy: string; origins: string }[];
  images?: Record<string, string>;
  source: { file_name: string; size: number | null };
  /** Lessons whose file is the same; lists do not tell. */
  duplicate_of?: string[];
  /** Where it is if it is a page of another site; lists do not tell. */
  external?: { source: string; url: string } | null;
  created_at: string;
}

declare global {
  interface DataTransferItem {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
  }
  interface Window {
    showOpenFilePicker?(options: { multiple: boolean }): Promise<FileSystemFileHandle[]>;
  }
  interface FileSystemHandle {
    requestPermission?(options: { mode: "read" }): Promise<"granted" | "denied" | "prompt">;
  }
}
