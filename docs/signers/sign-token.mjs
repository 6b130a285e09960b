// Signs a playback token in Node.js (16 or later, nothing to install).
//
//   node sign-token.mjs private.pem KEY_ID PLAYBACK_ID '{"viewer": "student-7"}'

import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const base64url = (/** @type {string | Buffer} */ value) => Buffer.from(value).toString("base64url");

/**
 * A token for an hour; further claims may be limits, or change what is here.
 * @param {string | Buffer} pem
 * @param {string} keyId
 * @param {string} playbackId
 * @param {Record<string, unknown>} claims
 */
export function signToken(pem, keyId, playbackId, claims = {}) {
  const key = createPrivateKey(pem);
  const isEd25519 = key.asymmetricKeyType === "ed25519";
  const header = { alg: isEd25519 ? "EdDSA" : "RS256", typ: "JWT", kid: keyId };
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const payload = { sub: playbackId, aud: ["video", "image", "storyboard"], exp, ...claims };
  const message = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}`;
  const signature = sign(isEd25519 ? null : "sha256", Buffer.from(message), key);
  return `${message}.${base64url(signature)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [pemFile, keyId, playbackId, claims = "{}", ...rest] = process.argv.slice(2);
  try {
    if (!playbackId || rest.length) throw new Error("Three or four arguments are needed.");
    console.log(signToken(readFileSync(pemFile), keyId, playbackId, JSON.parse(claims)));
  } catch (fault) {
    console.error(/** @type {Error} */ (fault).message);
    console.error(`usage: node sign-token.mjs private.pem KEY_ID PLAYBACK_ID ['{"viewer": "student-7"}']`);
    process.exitCode = 1;
  }
}
