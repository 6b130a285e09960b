/** What can be drawn of days: each measure with how it is read. */
import { qualityOf } from "../pure/statistics.js";
import { bitrate, bytes, count, decimal, hours, seconds, share } from "./amounts.js";
/** @import { Sums } from "../pure/statistics.js" */

/** @typedef {"views" | "viewers" | "watched" | "completion" | "traffic" | "startup" | "stalls" | "errors" | "bitrate"} Measure */
/** @typedef {{value: (sums: Sums) => number | null, format: (value: number) => string, kind: "line" | "bars", whole?: boolean}} How */

/** @type {Record<Measure, How>} */
export const MEASURES = {
  views: { value: ({ views }) => views, format: count, kind: "bars", whole: true },
  viewers: { value: ({ viewers }) => viewers, format: count, kind: "bars", whole: true },
  watched: { value: ({ watched_seconds: watched }) => watched, format: hours, kind: "bars" },
  completion: { value: ({ completion }) => completion, format: share, kind: "line" },
  traffic: { value: ({ traffic_bytes: traffic }) => traffic, format: bytes, kind: "bars" },
  startup: { value: ({ startup_seconds: startup }) => startup, format: seconds, kind: "line" },
  stalls: { value: (sums) => qualityOf(sums).stallsPerHour, format: decimal, kind: "line" },
  errors: { value: ({ errors }) => errors, format: count, kind: "bars", whole: true },
  bitrate: { value: ({ bitrate: rate }) => rate, format: bitrate, kind: "line" },
};
