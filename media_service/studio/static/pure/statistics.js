/** What the pages of statistics ask for and show: stretches of days, addresses, and rates of figures. */

export const RANGES = /** @type {const} */ (["7", "28", "90", "12m"]);
/** @typedef {(typeof RANGES)[number]} Range */
/** @typedef {"day" | "week" | "month"} Bucket */
/** @typedef {{range: Range, by: Bucket, organization: string, partner: string}} Asked */

const BUCKETS = /** @type {const} */ (["day", "week", "month"]);

/** Figures as the service tells them. @typedef {{views: number, viewers: number, attendance: number, plays: number, starts: number, played_seconds: number, watched_seconds: number, completion: number | null, completed: number, startup_seconds: number | null, stalls: number, stall_seconds: number, errors: number, bitrate: number | null, traffic_bytes: number}} Sums */

/**
 * What the query of an address asks for.
 * @param {string} search
 * @returns {Asked}
 */
export function readAsked(search) {
  const asked = new URLSearchParams(search);
  const range = RANGES.find((each) => each === asked.get("range")) ?? "28";
  const by = BUCKETS.find((each) => each === asked.get("by")) ?? usual(range);
  return { range, by, organization: asked.get("organization") ?? "", partner: asked.get("partner") ?? "" };
}

/**
 * The query of an address, with its question mark; what is usual is left out.
 * @param {Asked} asked
 */
export function writeAsked({ range, by, organization, partner }) {
  const query = new URLSearchParams();
  if (range !== "28") query.set("range", range);
  if (by !== usual(range)) query.set("by", by);
  if (organization) query.set("organization", organization);
  if (partner) query.set("partner", partner);
  return query.size ? `?${query}` : "";
}

/** @param {Range} range @returns {Bucket} */
function usual(range) {
  return range === "12m" ? "week" : "day";
}

/**
 * The first day of a stretch that ends today. A year is of whole months, which are added up beforehand.
 * @param {Range} range
 * @param {Date} today
 */
export function firstDay(range, today) {
  const day =
    range === "12m"
      ? new Date(today.getFullYear(), today.getMonth() - 11, 1)
      : new Date(today.getFullYear(), today.getMonth(), today.getDate() - Number(range) + 1);
  return written(day);
}

/** @param {Date} day */
function written(day) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/**
 * The stretch of as many days that ends where another begins.
 * @param {string} first Of the other stretch, which ends today.
 * @param {Date} today
 * @returns {{from: string, to: string}}
 */
export function before(first, today) {
  const [year, month, day] = first.split("-").map(Number);
  const begin = new Date(year, month - 1, day);
  const days = Math.round((new Date(today.getFullYear(), today.getMonth(), today.getDate()).getTime() - begin.getTime()) / 86_400_000) + 1;
  return { from: written(new Date(year, month - 1, day - days)), to: written(new Date(year, month - 1, day - 1)) };
}

/**
 * The address of a report.
 * @param {"" | "/assets" | "/organizations" | "/partners" | "/platforms" | "/storage"} report
 * @param {Record<string, string>} asked What is empty is left out.
 */
export function reportAddress(report, asked) {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
  return `/v1/views${report}?${query}`;
}

/**
 * How well lessons played; each is null where nothing was played.
 * @param {Sums} sums
 */
export function qualityOf({ plays, played_seconds: played, stalls, stall_seconds: stalled, errors, startup_seconds: startup, bitrate }) {
  const hours = played / 3600;
  return {
    startup,
    stallsPerHour: hours > 0 ? stalls / hours : null,
    stalledShare: played + stalled > 0 ? stalled / (played + stalled) : null,
    errorsPerThousand: plays > 0 ? (1000 * errors) / plays : null,
    bitrate,
  };
}

/**
 * A share of plays for each hundredth of a lesson, from how many plays saw it. Of a lesson that many left and came back to, one part may have been
 * seen by more than its beginning; so it is of all plays.
 * @param {readonly number[]} retention
 * @param {number} plays
 */
export function sharesOf(retention, plays) {
  return plays > 0 ? retention.map((seen) => Math.min(1, seen / plays)) : [];
}

/**
 * By how much something grew from one stretch to another, null where there was nothing before.
 * @param {number} now
 * @param {number} earlier
 */
export function growth(now, earlier) {
  return earlier > 0 ? (now - earlier) / earlier : null;
}
