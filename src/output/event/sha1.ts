/**
 * SHA-1 (RFC 3174) over short inputs in memory, for flow_id and Community ID: two or three blocks per line. node:crypto
 * computes the same, and the tests compare with it, but one of its calls costs twice the time of a block here, mostly
 * outside the hash, and allocates strings and objects. Nothing secret depends on this hash.
 *
 * The rounds are unrolled, because moving words from one variable to the next would cost as much as the rounds
 * themselves.
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

function left(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Adds a block to the digest; one round per line. */
// prettier-ignore
function hashBlock(message: DataView, at: number): void {
  let w0 = message.getInt32(at + 0);
  let w1 = message.getInt32(at + 4);
  let w2 = message.getInt32(at + 8);
  let w3 = message.getInt32(at + 12);
  let w4 = message.getInt32(at + 16);
  let w5 = message.getInt32(at + 20);
  let w6 = message.getInt32(at + 24);
  let w7 = message.getInt32(at + 28);
  let w8 = message.getInt32(at + 32);
  let w9 = message.getInt32(at + 36);
  let w10 = message.getInt32(at + 40);
  let w11 = message.getInt32(at + 44);
  let w12 = message.getInt32(at + 48);
  let w13 = message.getInt32(at + 52);
  let w14 = message.getInt32(at + 56);
  let w15 = message.getInt32(at + 60);
  let a = digest[0]!, b = digest[1]!, c = digest[2]!, d = digest[3]!, e = digest[4]!;

  e = (left(a, 5) + (d ^ (b & (c ^ d))) + e + w0 + K1) | 0; b = left(b, 30);
  d = (left(e, 5) + (c ^ (a & (b ^ c))) + d + w1 + K1) | 0; a = left(a, 30);
  c = (left(d, 5) + (b ^ (e & (a ^ b))) + c + w2 + K1) | 0; e = left(e, 30);
  b = (left(c, 5) + (a ^ (d & (e ^ a))) + b + w3 + K1) | 0; d = left(d, 30);
  a = (left(b, 5) + (e ^ (c & (d ^ e))) + a + w4 + K1) | 0; c = left(c, 30);
  e = (left(a, 5) + (d ^ (b & (c ^ d))) + e + w5 + K1) | 0; b = left(b, 30);
  d = (left(e, 5) + (c ^ (a & (b ^ c))) + d + w6 + K1) | 0; a = left(a, 30);
  c = (left(d, 5) + (b ^ (e & (a ^ b))) + c + w7 + K1) | 0; e = left(e, 30);
  b = (left(c, 5) + (a ^ (d & (e ^ a))) + b + w8 + K1) | 0; d = left(d, 30);
  a = (left(b, 5) + (e ^ (c & (d ^ e))) + a + w9 + K1) | 0; c = left(c, 30);
  e = (left(a, 5) + (d ^ (b & (c ^ d))) + e + w10 + K1) | 0; b = left(b, 30);
  d = (left(e, 5) + (c ^ (a & (b ^ c))) + d + w11 + K1) | 0; a = left(a, 30);
  c = (left(d, 5) + (b ^ (e & (a ^ b))) + c + w12 + K1) | 0; e = left(e, 30);
  b = (left(c, 5) + (a ^ (d & (e ^ a))) + b + w13 + K1) | 0; d = left(d, 30);
  a = (left(b, 5) + (e ^ (c & (d ^ e))) + a + w14 + K1) | 0; c = left(c, 30);
  e = (left(a, 5) + (d ^ (b & (c ^ d))) + e + w15 + K1) | 0; b = left(b, 30);
  w0 = left(w13 ^ w8 ^ w2 ^ w0, 1); d = (left(e, 5) + (c ^ (a & (b ^ c))) + d + w0 + K1) | 0; a = left(a, 30);
  w1 = left(w14 ^ w9 ^ w3 ^ w1, 1); c = (left(d, 5) + (b ^ (e & (a ^ b))) + c + w1 + K1) | 0; e = left(e, 30);
  w2 = left(w15 ^ w10 ^ w4 ^ w2, 1); b = (left(c, 5) + (a ^ (d & (e ^ a))) + b + w2 + K1) | 0; d = left(d, 30);
  w3 = left(w0 ^ w11 ^ w5 ^ w3, 1); a = (left(b, 5) + (e ^ (c & (d ^ e))) + a + w3 + K1) | 0; c = left(c, 30);

  w4 = left(w1 ^ w12 ^ w6 ^ w4, 1); e = (left(a, 5) + (b ^ c ^ d) + e + w4 + K2) | 0; b = left(b, 30);
  w5 = left(w2 ^ w13 ^ w7 ^ w5, 1); d = (left(e, 5) + (a ^ b ^ c) + d + w5 + K2) | 0; a = left(a, 30);
  w6 = left(w3 ^ w14 ^ w8 ^ w6, 1); c = (left(d, 5) + (e ^ a ^ b) + c + w6 + K2) | 0; e = left(e, 30);
  w7 = left(w4 ^ w15 ^ w9 ^ w7, 1); b = (left(c, 5) + (d ^ e ^ a) + b + w7 + K2) | 0; d = left(d, 30);
  w8 = left(w5 ^ w0 ^ w10 ^ w8, 1); a = (left(b, 5) + (c ^ d ^ e) + a + w8 + K2) | 0; c = left(c, 30);
  w9 = left(w6 ^ w1 ^ w11 ^ w9, 1); e = (left(a, 5) + (b ^ c ^ d) + e + w9 + K2) | 0; b = left(b, 30);
  w10 = left(w7 ^ w2 ^ w12 ^ w10, 1); d = (left(e, 5) + (a ^ b ^ c) + d + w10 + K2) | 0; a = left(a, 30);
  w11 = left(w8 ^ w3 ^ w13 ^ w11, 1); c = (left(d, 5) + (e ^ a ^ b) + c + w11 + K2) | 0; e = left(e, 30);
  w12 = left(w9 ^ w4 ^ w14 ^ w12, 1); b = (left(c, 5) + (d ^ e ^ a) + b + w12 + K2) | 0; d = left(d, 30);
  w13 = left(w10 ^ w5 ^ w15 ^ w13, 1); a = (left(b, 5) + (c ^ d ^ e) + a + w13 + K2) | 0; c = left(c, 30);
  w14 = left(w11 ^ w6 ^ w0 ^ w14, 1); e = (left(a, 5) + (b ^ c ^ d) + e + w14 + K2) | 0; b = left(b, 30);
  w15 = left(w12 ^ w7 ^ w1 ^ w15, 1); d = (left(e, 5) + (a ^ b ^ c) + d + w15 + K2) | 0; a = left(a, 30);
  w0 = left(w13 ^ w8 ^ w2 ^ w0, 1); c = (left(d, 5) + (e ^ a ^ b) + c + w0 + K2) | 0; e = left(e, 30);
  w1 = left(w14 ^ w9 ^ w3 ^ w1, 1); b = (left(c, 5) + (d ^ e ^ a) + b + w1 + K2) | 0; d = left(d, 30);
  w2 = left(w15 ^ w10 ^ w4 ^ w2, 1); a = (left(b, 5) + (c ^ d ^ e) + a + w2 + K2) | 0; c = left(c, 30);
  w3 = left(w0 ^ w11 ^ w5 ^ w3, 1); e = (left(a, 5) + (b ^ c ^ d) + e + w3 + K2) | 0; b = left(b, 30);
  w4 = left(w1 ^ w12 ^ w6 ^ w4, 1); d = (left(e, 5) + (a ^ b ^ c) + d + w4 + K2) | 0; a = left(a, 30);
  w5 = left(w2 ^ w13 ^ w7 ^ w5, 1); c = (left(d, 5) + (e ^ a ^ b) + c + w5 + K2) | 0; e = left(e, 30);
  w6 = left(w3 ^ w14 ^ w8 ^ w6, 1); b = (left(c, 5) + (d ^ e ^ a) + b + w6 + K2) | 0; d = left(d, 30);
  w7 = left(w4 ^ w15 ^ w9 ^ w7, 1); a = (left(b, 5) + (c ^ d ^ e) + a + w7 + K2) | 0; c = left(c, 30);

  w8 = left(w5 ^ w0 ^ w10 ^ w8, 1); e = (left(a, 5) + ((b & c) | (d & (b | c))) + e + w8 + K3) | 0; b = left(b, 30);
  w9 = left(w6 ^ w1 ^ w11 ^ w9, 1); d = (left(e, 5) + ((a & b) | (c & (a | b))) + d + w9 + K3) | 0; a = left(a, 30);
  w10 = left(w7 ^ w2 ^ w12 ^ w10, 1); c = (left(d, 5) + ((e & a) | (b & (e | a))) + c + w10 + K3) | 0; e = left(e, 30);
  w11 = left(w8 ^ w3 ^ w13 ^ w11, 1); b = (left(c, 5) + ((d & e) | (a & (d | e))) + b + w11 + K3) | 0; d = left(d, 30);
  w12 = left(w9 ^ w4 ^ w14 ^ w12, 1); a = (left(b, 5) + ((c & d) | (e & (c | d))) + a + w12 + K3) | 0; c = left(c, 30);
  w13 = left(w10 ^ w5 ^ w15 ^ w13, 1); e = (left(a, 5) + ((b & c) | (d & (b | c))) + e + w13 + K3) | 0; b = left(b, 30);
  w14 = left(w11 ^ w6 ^ w0 ^ w14, 1); d = (left(e, 5) + ((a & b) | (c & (a | b))) + d + w14 + K3) | 0; a = left(a, 30);
  w15 = left(w12 ^ w7 ^ w1 ^ w15, 1); c = (left(d, 5) + ((e & a) | (b & (e | a))) + c + w15 + K3) | 0; e = left(e, 30);
  w0 = left(w13 ^ w8 ^ w2 ^ w0, 1); b = (left(c, 5) + ((d & e) | (a & (d | e))) + b + w0 + K3) | 0; d = left(d, 30);
  w1 = left(w14 ^ w9 ^ w3 ^ w1, 1); a = (left(b, 5) + ((c & d) | (e & (c | d))) + a + w1 + K3) | 0; c = left(c, 30);
  w2 = left(w15 ^ w10 ^ w4 ^ w2, 1); e = (left(a, 5) + ((b & c) | (d & (b | c))) + e + w2 + K3) | 0; b = left(b, 30);
  w3 = left(w0 ^ w11 ^ w5 ^ w3, 1); d = (left(e, 5) + ((a & b) | (c & (a | b))) + d + w3 + K3) | 0; a = left(a, 30);
  w4 = left(w1 ^ w12 ^ w6 ^ w4, 1); c = (left(d, 5) + ((e & a) | (b & (e | a))) + c + w4 + K3) | 0; e = left(e, 30);
  w5 = left(w2 ^ w13 ^ w7 ^ w5, 1); b = (left(c, 5) + ((d & e) | (a & (d | e))) + b + w5 + K3) | 0; d = left(d, 30);
  w6 = left(w3 ^ w14 ^ w8 ^ w6, 1); a = (left(b, 5) + ((c & d) | (e & (c | d))) + a + w6 + K3) | 0; c = left(c, 30);
  w7 = left(w4 ^ w15 ^ w9 ^ w7, 1); e = (left(a, 5) + ((b & c) | (d & (b | c))) + e + w7 + K3) | 0; b = left(b, 30);
  w8 = left(w5 ^ w0 ^ w10 ^ w8, 1); d = (left(e, 5) + ((a & b) | (c & (a | b))) + d + w8 + K3) | 0; a = left(a, 30);
  w9 = left(w6 ^ w1 ^ w11 ^ w9, 1); c = (left(d, 5) + ((e & a) | (b & (e | a))) + c + w9 + K3) | 0; e = left(e, 30);
  w10 = left(w7 ^ w2 ^ w12 ^ w10, 1); b = (left(c, 5) + ((d & e) | (a & (d | e))) + b + w10 + K3) | 0; d = left(d, 30);
  w11 = left(w8 ^ w3 ^ w13 ^ w11, 1); a = (left(b, 5) + ((c & d) | (e & (c | d))) + a + w11 + K3) | 0; c = left(c, 30);

  w12 = left(w9 ^ w4 ^ w14 ^ w12, 1); e = (left(a, 5) + (b ^ c ^ d) + e + w12 + K4) | 0; b = left(b, 30);
  w13 = left(w10 ^ w5 ^ w15 ^ w13, 1); d = (left(e, 5) + (a ^ b ^ c) + d + w13 + K4) | 0; a = left(a, 30);
  w14 = left(w11 ^ w6 ^ w0 ^ w14, 1); c = (left(d, 5) + (e ^ a ^ b) + c + w14 + K4) | 0; e = left(e, 30);
  w15 = left(w12 ^ w7 ^ w1 ^ w15, 1); b = (left(c, 5) + (d ^ e ^ a) + b + w15 + K4) | 0; d = left(d, 30);
  w0 = left(w13 ^ w8 ^ w2 ^ w0, 1); a = (left(b, 5) + (c ^ d ^ e) + a + w0 + K4) | 0; c = left(c, 30);
  w1 = left(w14 ^ w9 ^ w3 ^ w1, 1); e = (left(a, 5) + (b ^ c ^ d) + e + w1 + K4) | 0; b = left(b, 30);
  w2 = left(w15 ^ w10 ^ w4 ^ w2, 1); d = (left(e, 5) + (a ^ b ^ c) + d + w2 + K4) | 0; a = left(a, 30);
  w3 = left(w0 ^ w11 ^ w5 ^ w3, 1); c = (left(d, 5) + (e ^ a ^ b) + c + w3 + K4) | 0; e = left(e, 30);
  w4 = left(w1 ^ w12 ^ w6 ^ w4, 1); b = (left(c, 5) + (d ^ e ^ a) + b + w4 + K4) | 0; d = left(d, 30);
  w5 = left(w2 ^ w13 ^ w7 ^ w5, 1); a = (left(b, 5) + (c ^ d ^ e) + a + w5 + K4) | 0; c = left(c, 30);
  w6 = left(w3 ^ w14 ^ w8 ^ w6, 1); e = (left(a, 5) + (b ^ c ^ d) + e + w6 + K4) | 0; b = left(b, 30);
  w7 = left(w4 ^ w15 ^ w9 ^ w7, 1); d = (left(e, 5) + (a ^ b ^ c) + d + w7 + K4) | 0; a = left(a, 30);
  w8 = left(w5 ^ w0 ^ w10 ^ w8, 1); c = (left(d, 5) + (e ^ a ^ b) + c + w8 + K4) | 0; e = left(e, 30);
  w9 = left(w6 ^ w1 ^ w11 ^ w9, 1); b = (left(c, 5) + (d ^ e ^ a) + b + w9 + K4) | 0; d = left(d, 30);
  w10 = left(w7 ^ w2 ^ w12 ^ w10, 1); a = (left(b, 5) + (c ^ d ^ e) + a + w10 + K4) | 0; c = left(c, 30);
  w11 = left(w8 ^ w3 ^ w13 ^ w11, 1); e = (left(a, 5) + (b ^ c ^ d) + e + w11 + K4) | 0; b = left(b, 30);
  w12 = left(w9 ^ w4 ^ w14 ^ w12, 1); d = (left(e, 5) + (a ^ b ^ c) + d + w12 + K4) | 0; a = left(a, 30);
  w13 = left(w10 ^ w5 ^ w15 ^ w13, 1); c = (left(d, 5) + (e ^ a ^ b) + c + w13 + K4) | 0; e = left(e, 30);
  w14 = left(w11 ^ w6 ^ w0 ^ w14, 1); b = (left(c, 5) + (d ^ e ^ a) + b + w14 + K4) | 0; d = left(d, 30);
  w15 = left(w12 ^ w7 ^ w1 ^ w15, 1); a = (left(b, 5) + (c ^ d ^ e) + a + w15 + K4) | 0; c = left(c, 30);

  digest[0] = (digest[0]! + a) | 0;
  digest[1] = (digest[1]! + b) | 0;
  digest[2] = (digest[2]! + c) | 0;
  digest[3] = (digest[3]! + d) | 0;
  digest[4] = (digest[4]! + e) | 0;
}
