/**
 * IEEE 802.11 data frames in clear (IEEE 802.11-2020 section 9.2 and 9.3.2), with or without a radiotap header
 * (radiotap.org: version 1, pad 1, length 2, presence words 4 each, fields; little-endian). Not handled: protected
 * frames, aggregated MSDUs, fragments after the first, management and control frames; each is counted as an unsupported
 * frame.
 *
 * The functions check their bounds themselves.
 */
import { byteAt, u16le, u32le } from '../memory';

const RADIOTAP_SMALLEST: i32 = 8;
const RADIOTAP_PRESENT: i32 = 4;
const RADIOTAP_HAS_TIME: i32 = 1;
const RADIOTAP_HAS_FLAGS: i32 = 2;
const RADIOTAP_MORE_WORDS: u32 = 0x80000000;
const RADIOTAP_FLAG_PADDED: i32 = 0x20;

const TYPE_MASK: i32 = 0x0c;
const TYPE_DATA: i32 = 0x08;
const SUBTYPE_NO_DATA: i32 = 0x40;
const SUBTYPE_QOS: i32 = 0x80;
const FLAG_TO_DS: i32 = 0x01;
const FLAG_FROM_DS: i32 = 0x02;
const FLAG_PROTECTED: i32 = 0x40;
const FLAG_ORDER: i32 = 0x80;
const SHORTEST_DATA_HEADER: i32 = 24;
const QOS_AMSDU: i32 = 0x80;

/** Bytes of a radiotap header, 0 where it is cut, -1 where it is none: another version, or a length that can't be. */
export function radiotapLength(at: usize, end: usize): i32 {
  if (<i32>(end - at) < RADIOTAP_SMALLEST) return 0;
  const length = <i32>u16le(at + 2);
  if (byteAt(at) != 0 || length < RADIOTAP_SMALLEST) return -1;
  return <i32>(end - at) >= length ? length : 0;
}

/**
 * True where the radiotap header (whole, of `length` bytes) says that the MAC header is padded to a multiple of four.
 * Its flags come after the time stamp, if there is one, which is aligned to eight bytes.
 */
export function isRadiotapPadded(at: usize, length: i32): bool {
  const present = u32le(at + RADIOTAP_PRESENT);
  if ((present & RADIOTAP_HAS_FLAGS) == 0) return false;
  let offset = RADIOTAP_PRESENT + 4;
  for (let word = present; (word & RADIOTAP_MORE_WORDS) != 0; offset += 4) {
    if (offset + 4 > length) return false;
    word = u32le(at + offset);
  }
  if ((present & RADIOTAP_HAS_TIME) != 0) offset = ((offset + 7) & ~7) + 8;
  return offset < length && (byteAt(at + offset) & RADIOTAP_FLAG_PADDED) != 0;
}

/**
 * Bytes of the MAC header of a data frame in clear that carries an LLC header, 0 where it is cut, -1 for any other
 * frame.
 */
export function wifiDataHeaderLength(at: usize, end: usize): i32 {
  if (<i32>(end - at) < SHORTEST_DATA_HEADER) return 0;
  const control = byteAt(at);
  const flags = byteAt(at + 1);
  if ((control & (TYPE_MASK | SUBTYPE_NO_DATA | 3)) != TYPE_DATA || (flags & FLAG_PROTECTED) != 0) return -1;
  if ((u16le(at + 22) & 15) != 0) return -1;
  let length = SHORTEST_DATA_HEADER;
  if ((flags & (FLAG_TO_DS | FLAG_FROM_DS)) == (FLAG_TO_DS | FLAG_FROM_DS)) length += 6;
  if ((control & SUBTYPE_QOS) != 0) {
    if (<i32>(end - at) < length + 2) return 0;
    if ((byteAt(at + length) & QOS_AMSDU) != 0) return -1;
    length += 2;
    if ((flags & FLAG_ORDER) != 0) length += 4;
  }
  return <i32>(end - at) >= length ? length : 0;
}
