/** What the pages of webhooks read of the service. */

export interface Endpoint {
  id: string;
  url: string;
  description: string;
  event_types: string[];
  enabled: boolean;
  gone_at: string | null;
  failing_since: string | null;
  secrets: { signing: "hmac" | "ed25519"; public_key: string | null; created_at: string; expires_at: string | null }[];
  created_at: string;
}

export interface Attempt {
  at: string;
  milliseconds: number;
  status: number | null;
  failure: string | null;
  answer: string;
}

export interface Delivery {
  id: string;
  event_id: string;
  event_type: string;
  state: "pending" | "delivered" | "failed";
  next_at: string | null;
  delivered_at: string | null;
  created_at: string;
  attempts: Attempt[];
}
