/** What Studio reads of offers between platforms. */
import type { Message } from "../types";

export type OfferState = "offered" | "accepted" | "returned" | "declined" | "withdrawn";
export type OfferAction = "offer" | "accept" | "return" | "decline" | "withdraw";

export interface Station {
  url: string;
  name: string;
  asset_id: string;
}

export interface OfferSaid {
  action: OfferAction;
  round: number;
  note: string;
  by: string;
  here: boolean;
  at: string;
}

export interface Offer {
  id: string;
  platform_link_id: string;
  platform_name: string;
  direction: "sent" | "received";
  state: OfferState;
  round: number;
  asset_id: string | null;
  lesson: { title: string; owner: string; description: string; duration: number | null };
  stations: Station[];
  said: OfferSaid[];
  is_told: boolean;
  failure: { code: string; message: Message } | null;
}

export interface OffersOfLesson {
  offers: Offer[];
  platforms: { platform_link_id: string; name: string }[];
}

export interface Preview {
  metadata: { title: string; owner: string; description: string; tags: string[]; audience: string | null };
  stations: Station[];
  duration: number | null;
  play_url: string | null;
}
