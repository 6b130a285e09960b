/** What the page of a lesson reads of the service. */
import type { Contributor, Licence } from "../../pure/metadata.js";
import type { Asset, Message } from "../../types";

export interface PlaybackId {
  id: string;
  policy: "public" | "signed";
  origins: "any" | "partners";
  manifest_url: string;
  dash_url: string;
  embed_url: string;
  snippets: { iframe: string; component: string; link: string };
}

export interface Track {
  id: string;
  kind: "captions" | "chapters" | "slides";
  language: string;
  label: string;
  /** `to_check`: it came with the file before, and viewers do not see it yet. `suggested`: nor what a machine has found. */
  state: "shown" | "to_check" | "suggested";
  /** Captions that a machine wrote, and nobody has looked at. */
  automatic: boolean;
  url: string | null;
}

export interface Poster {
  origin: "automatic" | "frame" | "picture";
  time: number | null;
  url: string | null;
  width: number | null;
  height: number | null;
  making: boolean;
  failure: { code: string; message: Message } | null;
}

/** What follows a version from the one before. */
export interface Follows {
  outcome: "kept" | "shifted" | "pieces" | "check";
  offset: number | null;
  reason: "no_sound" | "other_sound" | null;
  table: { what: string; outcome: "kept" | "shifted" | "pieces" | "check" | "anew" }[];
}

/** All of a lesson. */
export interface Lesson extends Asset {
  version_id: string;
  description: string;
  language: string | null;
  subject: string | null;
  tags: string[];
  organization_id: string;
  category_ids: string[];
  level: string | null;
  audience: string | null;
  contributors: Contributor[];
  licence: Licence | null;
  source_organization: { name: string; id: string | null } | null;
  original_date: string | null;
  external_id: string | null;
  other_ids: Record<string, string>;
  visibility: Asset["effective_visibility"] | null;
  shared_organization_ids: string[];
  shared_partner_ids: string[];
  width: number | null;
  height: number | null;
  playback_ids: PlaybackId[];
  frame_rate: number | null;
  images: Record<string, string>;
  downloads: { kind: "video" | "audio"; url: string; size: number }[];
  tracks: Track[];
  notices: { code: string; message: Message }[];
  /** The platforms through which it came here, its origin first. */
  stations: { url: string; name: string; asset_id: string }[];
  pending: { version_id: string; state: string } | null;
  /** Where there is a trash. */
  trashed_at?: string | null;
}

export interface Version {
  id: string;
  current: boolean;
  activates: "ready" | "manual" | null;
  state: Asset["state"];
  failure: Asset["failure"];
  progress: Asset["progress"] | null;
  duration: number | null;
  width: number | null;
  height: number | null;
  source: { file_name: string; size: number | null };
  manifest_url: string | null;
  follows: Follows | null;
  made_by: string;
  note: string;
  created_at: string;
  activated_at: string | null;
  retired_at: string | null;
  kept_until: string | null;
  removed_at: string | null;
}
