/** What the list of lessons reads of the service. */
import type { Asset, Message } from "../../types";

export interface Listed extends Asset {
  organization_id: string;
  owner: { id: string; name: string } | null;
  language: string | null;
  subject: string | null;
  tags: string[];
  category_ids: string[];
  has_captions: boolean;
  trashed_at: string | null;
  removed_after: string | null;
}

/** What became of one lesson of many. */
export interface Outcome {
  id: string;
  title: string;
  outcome: string;
  message: Message | null;
}
