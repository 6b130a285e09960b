/** What went wrong, as the service says it or as it shows from here. */
/** @import { Message, Problem } from "../types" */

/** @type {Message} */
const UNREACHABLE = {
  en: "The service cannot be reached. Check the network; we keep trying.",
  zh: "无法连接服务器。请检查网络，系统会继续重试。",
};
/** @type {Message} */
const UNCLEAR = {
  en: "Something went wrong on the server. Please try again in a moment.",
  zh: "服务器出现问题，请稍后再试。",
};

/** The problem of a request that got no answer. @returns {Problem} */
export function unreachable() {
  return { status: 0, code: "unreachable", message: UNREACHABLE, detail: null, errors: [], retryAfter: null };
}

/**
 * What an answer that is no success says.
 * @param {number} status
 * @param {string} body
 * @param {string | null | undefined} retryAfter Value of the header of that name.
 * @returns {Problem}
 */
export function readProblem(status, body, retryAfter) {
  const told = parsed(body);
  const seconds = Number(retryAfter);
  const message = /** @type {Message | undefined} */ (told["message"]);
  return {
    status,
    code: typeof told["code"] === "string" ? told["code"] : `http_${status}`,
    message: message && typeof message.en === "string" && typeof message.zh === "string" ? message : UNCLEAR,
    detail: typeof told["detail"] === "string" ? told["detail"] : null,
    errors: Array.isArray(told["errors"]) ? told["errors"] : [],
    retryAfter: retryAfter && seconds >= 0 ? seconds : null,
  };
}

/**
 * @param {string} body
 * @returns {Record<string, unknown>}
 */
function parsed(body) {
  try {
    const value = JSON.parse(body);
    return value && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}
