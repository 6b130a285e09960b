/** One file on its way over tus: begun or gone on with, and stopped at once when told so. */
import { authorization } from "../api.js";
import { readProblem, unreachable } from "../pure/problems.js";
/** @import { Problem } from "../types" */

const ENDPOINT = "/v1/uploads";

/**
 * @typedef {object} Ways What is told of a transfer.
 * @property {(address: string, assetId: string | null) => void} onBegun The service has a place for it.
 * @property {(sent: number) => void} onProgress
 * @property {() => void} onDone
 * @property {(problem: Problem) => void} onProblem
 */

/**
 * @param {object} wish
 * @param {File} wish.file
 * @param {string | null} wish.address Where it goes on; null to begin.
 * @param {Record<string, string>} wish.metadata
 * @param {string} wish.attemptKey
 * @param {Ways} ways
 * @returns {Promise<{stop: () => void}>}
 */
export async function transfer({ file, address, metadata, attemptKey }, ways) {
  // Fetched when the first file is there: the page is usable before.
  const { Upload } = await import("../vendor/tus.js");
  let stopped = false;
  /** @type {string | null} */
  let assetId = null;
  const upload = new Upload(file, {
    // With both, an address that no longer exists would silently become a new upload.
    ...(address ? { uploadUrl: address } : { endpoint: ENDPOINT }),
    metadata,
    retryDelays: null,
    storeFingerprintForResuming: false,
    onBeforeRequest: (request) => {
      for (const [name, value] of Object.entries(authorization())) request.setHeader(name, value);
      if (!address) request.setHeader("Idempotency-Key", attemptKey);
    },
    onAfterResponse: (_, response) => {
      assetId = response.getHeader("Lessonstream-Asset") ?? assetId;
    },
    onUploadUrlAvailable: () => {
      if (upload.url && !stopped) ways.onBegun(upload.url, assetId);
    },
    onProgress: (sent) => {
      if (!stopped) ways.onProgress(sent);
    },
    onSuccess: () => {
      if (!stopped) ways.onDone();
    },
    onError: ({ originalResponse: answer }) => {
      if (stopped) return;
      const status = answer?.getStatus() ?? 0;
      ways.onProblem(answer && status > 0 ? readProblem(status, answer.getBody(), answer.getHeader("Retry-After")) : unreachable());
    },
  });
  upload.start();
  return {
    stop: () => {
      stopped = true;
      void upload.abort();
    },
  };
}
