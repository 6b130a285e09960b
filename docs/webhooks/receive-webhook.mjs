// Receives webhooks in Node.js (18 or later, nothing else needed).
//
//   WEBHOOK_SECRET=whsec_… node receive-webhook.mjs 8000

import { Buffer } from "node:buffer";
import { createHmac, createPublicKey, timingSafeEqual, verify as verifySignature } from "node:crypto";
import { createServer } from "node:http";
import process from "node:process";

const TOLERANCE = 300; // seconds: what is older may be somebody's repetition
const ED25519_DER = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410, before the 32 bytes of the key

/** The event, if it comes from us. Throws. */
export function verify(secret, headers, body) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE)) {
    throw new Error("too old, or a clock is wrong");
  }
  const [kind, text] = secret.split("_");
  const key = Buffer.from(text, "base64");
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  // Several while a secret is being exchanged: one has to fit.
  for (const each of headers["webhook-signature"].split(" ")) {
    const [version, signature] = each.split(",");
    if (version === { whsec: "v1", whpk: "v1a" }[kind] && fits(kind, key, signed, Buffer.from(signature, "base64"))) {
      return JSON.parse(body.toString());
    }
  }
  throw new Error("no signature fits");
}

function fits(kind, key, signed, signature) {
  if (kind === "whsec") {
    const expected = createHmac("sha256", key).update(signed).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
  const publicKey = createPublicKey({ key: Buffer.concat([ED25519_DER, key]), format: "der", type: "spki" });
  return verifySignature(null, signed, publicKey, signature);
}

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  try {
    const event = verify(process.env.WEBHOOK_SECRET, request.headers, Buffer.concat(parts));
    // Put it into a queue of yours, by event.id, which comes again if we did not hear your answer; then say so.
    console.log(event.type, event.asset_id, event.sequence);
    response.writeHead(204).end();
  } catch (error) {
    console.error(error.message);
    response.writeHead(400).end();
  }
}).listen(Number(process.argv[2]), "127.0.0.1");
