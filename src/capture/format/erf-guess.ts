/**
 * Guesses whether bytes begin an Endace ERF file, which has no signature. Its records: time 8 (little-endian, seconds
 * in the upper half), type 1, flags 1, record length 2, loss 2, wire length 2, big-endian; Endace Extensible Record
 * Format. Like wiretap/erf.c, it checks whether records chain.
 */

const SECONDS = 4;
const TYPE = 8;
const LENGTH = 10;
const HEADER_LENGTH = 16;
/** The highest bit announces extension headers. */
const TYPE_MASK = 0x7f;
const LARGEST_TYPE = 48;
/** Maximum time between consecutive records, in either direction. */
const LONGEST_GAP_SECONDS = 7 * 24 * 3600;
const FEWEST_RECORDS = 2;

export function looksLikeErf(seen: Uint8Array): boolean {
  const data = new DataView(seen.buffer, seen.byteOffset, seen.length);
  let at = 0;
  let records = 0;
  let before = 0;
  while (at + HEADER_LENGTH <= seen.length) {
    const seconds = data.getUint32(at + SECONDS, true);
    const type = data.getUint8(at + TYPE) & TYPE_MASK;
    const length = data.getUint16(at + LENGTH);
    if (type === 0 || type > LARGEST_TYPE || length < HEADER_LENGTH || seconds === 0) return false;
    if (records > 0 && Math.abs(seconds - before) > LONGEST_GAP_SECONDS) return false;
    before = seconds;
    at += length;
    records++;
  }
  return records >= FEWEST_RECORDS;
}
