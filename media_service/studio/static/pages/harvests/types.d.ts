/** What the page of harvested repositories reads of the service. */
import type { Message } from "../../types";

export interface HarvestSource {
  id: string;
  state: "active" | "paused";
  name: string;
  url: string;
  set: string | null;
  repository_name: string;
  prefix: string | null;
  under_way: boolean;
  received: number;
  expected: number | null;
  records: { current: number; gone: number; elsewhere: number; dropped: number; unusable: number };
  finished_at: string | null;
  next_at: string | null;
  failure: { code: string; message: Message; detail: string; since: string | null } | null;
}
