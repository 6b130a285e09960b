/** What the pages of upload links read of the service. */
import type { Criterion } from "../../pure/judging.js";
import type { LinkTerms } from "../../pure/link-terms.js";

export type LinkState = "upcoming" | "open" | "late" | "closed";

export interface UploadLink extends LinkTerms {
  id: string;
  state: LinkState;
  created_at: string;
}

export interface Entry {
  number: number;
  asset_id: string | null;
  state: "awaited" | "processing" | "accepted" | "failed" | "wrong_kind" | "too_long" | "taken_down";
  file_name: string;
  size: number;
  sha256: string;
  received_at: string;
  is_late: boolean;
  answers: Record<string, string>;
  licence_at: string | null;
  taken_down: { at: string; by: string; reason: string } | null;
}

export interface Judging {
  link_id: string;
  state: "waiting" | "open" | "closed";
  criteria: Criterion[];
  entries: number;
  closed_at: string | null;
}

export interface Judge {
  id: string;
  link_id: string;
  name: string;
  judged: number;
  entries: number;
  revoked_at: string | null;
}

export interface Result {
  rank: number | null;
  number: number;
  judges: number;
  total: number | null;
  means: Record<string, number>;
}
