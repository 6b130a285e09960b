/** What the pages of courses read of the service. */
import type { Asset } from "../../types";

/** A course as lists show it. */
export interface ListedCourse {
  id: string;
  public_id: string;
  title: string;
  count: number;
  level: string | null;
  poster_url: string | null;
  published_at: string | null;
  withdraw_at: string | null;
  effective_visibility: Asset["effective_visibility"];
  updated_at: string;
}

/** A lesson that stands in it. */
export interface Item {
  asset_id: string;
  title: string;
  state: Asset["state"];
  kind: string | null;
  duration: number | null;
}

/** All of a course. */
export interface Course extends ListedCourse {
  organization_id: string;
  embed_url: string;
  snippets: { iframe: string; component: string; link: string };
  items: Item[];
  /** So many lessons stand in it that one does not see. */
  unseen: number;
}

export interface CoursePoster {
  origin: "lesson" | "picture";
  asset_id: string | null;
  url: string;
  width: number | null;
  height: number | null;
}

export interface Study {
  mode: "free" | "sequential" | "supervised";
  speed_limit: number;
  presence_seconds: number | null;
  threshold: number | null;
  required_seconds: number | null;
}
