/** What the pages beside Studio share whose address holds a secret: parts of the page, and questions to the API. */

/** The secret of this page. */
export const secret = location.pathname.split("/").at(-1) ?? "";
export const language = document.documentElement.lang;

/** @param {string} id @returns {HTMLElement | null} */
export const part = (id) => document.getElementById(id);

/** @param {string} id @param {boolean} shown */
export function show(id, shown) {
  const found = part(id);
  if (found) found.hidden = !shown;
}

/** @param {string} id @param {string} text */
export function write(id, text) {
  const found = part(id);
  if (found) found.textContent = text;
}

/** @param {Date} moment */
export const spoken = (moment) => moment.toLocaleString(language, { dateStyle: "long", timeStyle: "short" });

/** Says times as the reader's clock has them. */
export function speakTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.textContent = spoken(new Date(time.getAttribute("datetime") ?? ""));
  }
}

/** What a problem document (RFC 9457) says to people. @param {any} problem @returns {string} */
export const sentence = (problem) => problem?.message?.[language.startsWith("zh") ? "zh" : "en"] ?? problem?.title ?? "";

/**
 * @param {"GET" | "POST" | "PUT"} method
 * @param {string} path
 * @param {string} bearer
 * @param {object} [body]
 * @returns {Promise<{ok: boolean, status: number, data: any}>}
 */
export async function ask(method, path, bearer, body) {
  const answer = await fetch(path, {
    method,
    credentials: "omit",
    cache: "no-store",
    headers: { Authorization: `Bearer ${bearer}`, ...(body ? { "Content-Type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { ok: answer.ok, status: answer.status, data: await answer.json() };
}
