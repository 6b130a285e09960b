/**
 * SHA-256 (FIPS 180-4), for what has to be hashed at once, and for pages that browsers call insecure: there, such as in a frame on a
 * page without TLS or on a school's own network, Web Crypto is missing.
 */

const K = new Uint32Array(64);
const START = new Uint32Array(8);

/** The first 32 bits of the fractions of roots of primes. */
function prepare() {
  const fraction = (/** @type {number} */ value) => Math.floor((value - Math.floor(value)) * 0x100000000);
  for (let number = 2, found = 0; found < 64; number++) {
    let prime = true;
    for (let factor = 2; factor * factor <= number && prime; factor++) prime = number % factor !== 0;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(number));
    K[found++] = fraction(Math.cbrt(number));
  }
}

prepare();

/**
 * @param {number} word
 * @param {number} bits
 */
function rotated(word, bits) {
  return (word >>> bits) | (word << (32 - bits));
}

/**
 * @param {Uint32Array} state
 * @param {DataView} view
 * @param {number} offset
 * @param {Uint32Array} w
 */
function mix(state, view, offset, w) {
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(offset + i * 4);
  for (let i = 16; i < 64; i++) {
    const s0 = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ (w[i - 15] >>> 3);
    const s1 = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ (w[i - 2] >>> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] += word));
}

/**
 * The 32 bytes of the hash.
 * @param {Uint8Array} data
 */
export function sha256(data) {
  const padded = new Uint8Array(Math.ceil((data.length + 9) / 64) * 64);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(data.length / 0x20000000));
  view.setUint32(padded.length - 4, data.length << 3);
  const state = START.slice();
  const w = new Uint32Array(64);
  for (let offset = 0; offset < padded.length; offset += 64) mix(state, view, offset, w);
  const hash = new Uint8Array(32);
  const written = new DataView(hash.buffer);
  state.forEach((word, i) => written.setUint32(i * 4, word));
  return hash;
}

/**
 * @param {Uint8Array} bytes
 */
export function hexadecimal(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
