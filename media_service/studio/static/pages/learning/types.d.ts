/** What the pages of learning platforms read of the service. */

export interface LearningPlatform {
  id: string;
  organization_id: string;
  name: string;
  issuer: string;
  client_id: string;
  authorization_url: string;
  token_url: string;
  keys_url: string;
  token_audience: string | null;
  deployment_ids: string[];
  enabled: boolean;
  launched_at: string | null;
  scores_waiting: number;
  score_failure: string | null;
}

export interface Tool {
  login_url: string;
  launch_url: string;
  keys_url: string;
  domain: string;
}

export type Name = keyof typeof import("./texts/en.js").EN;

/** What is entered of a platform; deployment IDs one in each line. */
export type Entered = Record<"name" | "issuer" | "client_id" | "authorization_url" | "token_url" | "keys_url" | "token_audience" | "deployment_ids", string>;
