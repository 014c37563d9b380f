/**
 * SHA-1 (RFC 3174) over short inputs in memory, for flow_id and Community ID: two or three blocks per line. node:crypto
 * computes the same, and the tests compare with it, but one of its calls costs twice the time of a block here, mostly
 * outside the hash, and allocates strings and objects. Nothing secret depends on this hash.
 *
 * Five rounds make a turn of a loop, after which each word is in its own variable again: moving words from one variable
 * to the next would cost as much as the rounds themselves. Rounds that are not in loops are a fifth faster, and twice
 * the code.
 */
const BLOCK = 64;
/** Length of the field at the end of the last block that holds the message's length in bits. */
const LENGTH_FIELD = 8;
const STATE = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

/** Words of the last digest. */
export const digest = new Int32Array(STATE.length);

/** Hashes the first bytes of a view into `digest`. Up to 80 bytes after them are overwritten. */
export function sha1(message: DataView, length: number): void {
  const end = Math.ceil((length + 1 + LENGTH_FIELD) / BLOCK) * BLOCK;
  message.setUint8(length, 0x80);
  for (let at = length + 1; at < end; at += 8) message.setFloat64(at, 0);
  message.setUint32(end - 4, length * 8);
  for (let word = 0; word < STATE.length; word++) digest[word] = STATE[word]!;
  for (let at = 0; at < end; at += BLOCK) hashBlock(message, at);
}

/** The constants of the four rounds of FIPS 180-4. */
const K1 = 0x5a827999;
const K2 = 0x6ed9eba1;
const K3 = -0x70e44324;
const K4 = -0x359d3e2a;

/** The words of the 80 rounds: those of a block, and those that are made of them. */
const w = new Int32Array(80);

function left(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Fills `w` from a block. The last 16 words are in variables too, from which the next one is made. */
// prettier-ignore
function expandBlock(message: DataView, block: number): void {
  let w0 = (w[0] = message.getInt32(block + 0));
  let w1 = (w[1] = message.getInt32(block + 4));
  let w2 = (w[2] = message.getInt32(block + 8));
  let w3 = (w[3] = message.getInt32(block + 12));
  let w4 = (w[4] = message.getInt32(block + 16));
  let w5 = (w[5] = message.getInt32(block + 20));
  let w6 = (w[6] = message.getInt32(block + 24));
  let w7 = (w[7] = message.getInt32(block + 28));
  let w8 = (w[8] = message.getInt32(block + 32));
  let w9 = (w[9] = message.getInt32(block + 36));
  let w10 = (w[10] = message.getInt32(block + 40));
  let w11 = (w[11] = message.getInt32(block + 44));
  let w12 = (w[12] = message.getInt32(block + 48));
  let w13 = (w[13] = message.getInt32(block + 52));
  let w14 = (w[14] = message.getInt32(block + 56));
  let w15 = (w[15] = message.getInt32(block + 60));
  for (let at = 16; at < 80; at += 16) {
    w[at] = w0 = left(w13 ^ w8 ^ w2 ^ w0, 1);
    w[at + 1] = w1 = left(w14 ^ w9 ^ w3 ^ w1, 1);
    w[at + 2] = w2 = left(w15 ^ w10 ^ w4 ^ w2, 1);
    w[at + 3] = w3 = left(w0 ^ w11 ^ w5 ^ w3, 1);
    w[at + 4] = w4 = left(w1 ^ w12 ^ w6 ^ w4, 1);
    w[at + 5] = w5 = left(w2 ^ w13 ^ w7 ^ w5, 1);
    w[at + 6] = w6 = left(w3 ^ w14 ^ w8 ^ w6, 1);
    w[at + 7] = w7 = left(w4 ^ w15 ^ w9 ^ w7, 1);
    w[at + 8] = w8 = left(w5 ^ w0 ^ w10 ^ w8, 1);
    w[at + 9] = w9 = left(w6 ^ w1 ^ w11 ^ w9, 1);
    w[at + 10] = w10 = left(w7 ^ w2 ^ w12 ^ w10, 1);
    w[at + 11] = w11 = left(w8 ^ w3 ^ w13 ^ w11, 1);
    w[at + 12] = w12 = left(w9 ^ w4 ^ w14 ^ w12, 1);
    w[at + 13] = w13 = left(w10 ^ w5 ^ w15 ^ w13, 1);
    w[at + 14] = w14 = left(w11 ^ w6 ^ w0 ^ w14, 1);
    w[at + 15] = w15 = left(w12 ^ w7 ^ w1 ^ w15, 1);
  }
}

/** Adds a block to the digest; one round per line. */
// prettier-ignore
function hashBlock(message: DataView, block: number): void {
  expandBlock(message, block);
  let a = digest[0]!, b = digest[1]!, c = digest[2]!, d = digest[3]!, e = digest[4]!;
  for (let at = 0; at < 20; at += 5) {
    e = (left(a, 5) + (d ^ (b & (c ^ d))) + e + w[at]! + K1) | 0; b = left(b, 30);
    d = (left(e, 5) + (c ^ (a & (b ^ c))) + d + w[at + 1]! + K1) | 0; a = left(a, 30);
    c = (left(d, 5) + (b ^ (e & (a ^ b))) + c + w[at + 2]! + K1) | 0; e = left(e, 30);
    b = (left(c, 5) + (a ^ (d & (e ^ a))) + b + w[at + 3]! + K1) | 0; d = left(d, 30);
    a = (left(b, 5) + (e ^ (c & (d ^ e))) + a + w[at + 4]! + K1) | 0; c = left(c, 30);
  }
  for (let at = 20; at < 40; at += 5) {
    e = (left(a, 5) + (b ^ c ^ d) + e + w[at]! + K2) | 0; b = left(b, 30);
    d = (left(e, 5) + (a ^ b ^ c) + d + w[at + 1]! + K2) | 0; a = left(a, 30);
    c = (left(d, 5) + (e ^ a ^ b) + c + w[at + 2]! + K2) | 0; e = left(e, 30);
    b = (left(c, 5) + (d ^ e ^ a) + b + w[at + 3]! + K2) | 0; d = left(d, 30);
    a = (left(b, 5) + (c ^ d ^ e) + a + w[at + 4]! + K2) | 0; c = left(c, 30);
  }
  for (let at = 40; at < 60; at += 5) {
    e = (left(a, 5) + ((b & c) | (d & (b | c))) + e + w[at]! + K3) | 0; b = left(b, 30);
    d = (left(e, 5) + ((a & b) | (c & (a | b))) + d + w[at + 1]! + K3) | 0; a = left(a, 30);
    c = (left(d, 5) + ((e & a) | (b & (e | a))) + c + w[at + 2]! + K3) | 0; e = left(e, 30);
    b = (left(c, 5) + ((d & e) | (a & (d | e))) + b + w[at + 3]! + K3) | 0; d = left(d, 30);
    a = (left(b, 5) + ((c & d) | (e & (c | d))) + a + w[at + 4]! + K3) | 0; c = left(c, 30);
  }
  for (let at = 60; at < 80; at += 5) {
    e = (left(a, 5) + (b ^ c ^ d) + e + w[at]! + K4) | 0; b = left(b, 30);
    d = (left(e, 5) + (a ^ b ^ c) + d + w[at + 1]! + K4) | 0; a = left(a, 30);
    c = (left(d, 5) + (e ^ a ^ b) + c + w[at + 2]! + K4) | 0; e = left(e, 30);
    b = (left(c, 5) + (d ^ e ^ a) + b + w[at + 3]! + K4) | 0; d = left(d, 30);
    a = (left(b, 5) + (c ^ d ^ e) + a + w[at + 4]! + K4) | 0; c = left(c, 30);
  }
  digest[0] = (digest[0]! + a) | 0;
  digest[1] = (digest[1]! + b) | 0;
  digest[2] = (digest[2]! + c) | 0;
  digest[3] = (digest[3]! + d) | 0;
  digest[4] = (digest[4]! + e) | 0;
}
