/** How hls.js loads: its settings, and what is done when it stumbles. */
import { parseProblem, isRefused } from "./faults.js";
import { DEFAULT_BANDWIDTH } from "./levels.js";
/** @import { Problem } from "./faults.js" */

/** Seconds loaded ahead: little on a page that nobody has played yet, because a course page may hold many players. */
export const BUFFER_AHEAD = { idle: 6, played: 60 };

const MEDIA_RECOVERIES = 2;

/**
 * hls.js settings. A version still being encoded has an EVENT playlist: it starts at the beginning, not at its growing end.
 * @param {{whole: boolean, start: number, bandwidth?: number, impatient?: boolean}} wish `impatient`: the manifest comes at once or not at all.
 */
export function hlsConfig({ whole, start, bandwidth = DEFAULT_BANDWIDTH, impatient = false }) {
  return {
    startPosition: start,
    autoStartLoad: false, // Loading starts once the start level is chosen, so no request is wasted on another.
    capLevelToPlayerSize: !whole,
    abrEwmaDefaultEstimate: bandwidth,
    testBandwidth: false,
    startFragPrefetch: true,
    maxMaxBufferLength: BUFFER_AHEAD.idle,
    lowLatencyMode: false,
    backBufferLength: whole ? Infinity : 60,
    enableWorker: false, // Our fMP4 needs no transmuxing, and a blob worker would need a hole in the page's CSP.
    manifestLoadPolicy: {
      default: {
        maxTimeToFirstByteMs: impatient ? 2000 : 10_000,
        maxLoadTimeMs: impatient ? 4000 : 20_000,
        timeoutRetry: { maxNumRetry: impatient ? 0 : 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
        errorRetry: { maxNumRetry: impatient ? 0 : 2, retryDelayMs: 500, maxRetryDelayMs: 4000 },
      },
    },
  };
}

/**
 * What hls.js says of an error; only the parts that decide.
 * @typedef {object} HlsError
 * @property {boolean} fatal
 * @property {string} type
 * @property {string} details
 * @property {{code?: number}} [response]
 * @property {{response?: unknown} | null} [networkDetails] The request, XMLHttpRequest or the like.
 */

/**
 * What is done about an error of hls.js: nothing, for it tries again by itself; let it recover its media; or give up, and why.
 * `recoveries` is how often it has recovered.
 * @param {HlsError} error
 * @param {number} recoveries
 * @returns {"ignore" | "recover" | {status: number, problem: Problem | null, kind: "unsupported" | "media" | "network"}}
 */
export function afterHlsError({ fatal, type, details, response, networkDetails }, recoveries) {
  const status = response?.code ?? 0;
  const problem = status >= 400 ? parseProblem(networkDetails?.response) : null;
  // hls.js would first try all other levels, which are refused as well.
  if (!fatal && !isRefused(status, problem)) return "ignore";
  const mediaFault = type === "mediaError";
  const unsupported = details === "manifestIncompatibleCodecsError";
  if (mediaFault && !unsupported && recoveries < MEDIA_RECOVERIES) return "recover";
  const kind = unsupported ? "unsupported" : mediaFault || details === "manifestParsingError" ? "media" : "network";
  return { status, problem, kind };
}
