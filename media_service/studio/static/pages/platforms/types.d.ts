/** What the pages of linked platforms read of the service. */
import type { Part } from "../../pure/following.js";
import type { Message } from "../../types";

export interface Failure {
  code: string;
  message: Message;
  detail: string;
  since: string | null;
}

export interface Share {
  organization_id: string | null;
  category_id: string | null;
  licence: string | null;
  asset_id: string | null;
  collection_id: string | null;
  with_source: boolean;
}

export interface PlatformLink {
  id: string;
  organization_id: string;
  state: "waiting" | "linked" | "paused" | "ended";
  name: string;
  url: string | null;
  own_name: string;
  code: string | null;
  fingerprint: string | null;
  shares: Share[];
  /** What is called by the IDs in `shares`. */
  names: Record<string, Message>;
  created_at: string;
  linked_at: string | null;
  ended_at: string | null;
  reached_at: string | null;
  heard_at: string | null;
  clock_ahead: number | null;
  failure: Failure | null;
  asks_only: boolean;
}

export interface Subscription {
  visibility: string;
  mode: "mirror" | "reference";
  keep_copies: boolean;
  only: Part[] | null;
  most_bytes: number | null;
  with_source: boolean;
  bytes_per_second: number | null;
  window_from: number | null;
  window_until: number | null;
  read_at: string | null;
  suspended_at: string | null;
  current: number;
  references: number;
  left_out: number;
  behind: number;
  failing: number;
  bytes_left: number;
  bytes_stored: number;
  eta_seconds: number | null;
}

export interface FollowedLesson {
  id: string;
  origin_id: string;
  asset_id: string | null;
  title: string;
  state: "waiting" | "copying" | "current" | "gone" | "elsewhere" | "left_out" | "dropped" | "adopted";
  mode: "mirror" | "reference" | null;
  bytes_done: number;
  bytes_total: number;
  failure: Failure | null;
}

export interface FollowedCourse {
  id: string;
  origin_id: string;
  collection_id: string | null;
  title: string;
  state: "waiting" | "current" | "gone" | "left_out" | "dropped";
  lessons: number;
  failure: Failure | null;
}

export interface ReportingPlatform {
  id: string;
  name: string;
  url: string;
  time_zone: string;
  counted: boolean;
  views: number;
  first: string | null;
  last: string | null;
}

export interface PlatformTotals {
  owed: number;
  owed_since: string | null;
  told_at: string | null;
  failure: Failure | null;
  refused: { code: string; message: Message; days: number }[];
  heard_at: string | null;
  rows: number;
  most_rows: number;
  platforms: ReportingPlatform[];
}
