/** What the page of the record store reads of the service. */

export interface RecordStore {
  organization_id: string;
  url: string;
  username: string;
  enabled: boolean;
  waiting: number;
  refused: number;
  refusal: string | null;
  sent: number;
  sent_at: string | null;
  failing_since: string | null;
  failure: string | null;
}

export interface Tested {
  outcome: "works" | "credentials_refused" | "no_store" | "away";
  detail: string;
}
