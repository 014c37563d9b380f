/**
 * IEEE 802.11 data frames in clear (IEEE 802.11-2020 section 9.2 and 9.3.2), with or without a radiotap header
 * (radiotap.org: version 1, pad 1, length 2, presence words 4 each, fields; little-endian). Not handled: protected frames, aggregated MSDUs, fragments
 * after the first, management and control frames; each is counted as an unsupported frame.
 *
 * The functions check their bounds themselves.
 */

const RADIOTAP_SMALLEST = 8;
const RADIOTAP_PRESENT = 4;
const RADIOTAP_HAS_TIME = 1;
const RADIOTAP_HAS_FLAGS = 2;
const RADIOTAP_MORE_WORDS = 0x80000000 | 0;
const RADIOTAP_FLAG_PADDED = 0x20;

const TYPE_MASK = 0x0c;
const TYPE_DATA = 0x08;
const SUBTYPE_NO_DATA = 0x40;
const SUBTYPE_QOS = 0x80;
const FLAG_TO_DS = 0x01;
const FLAG_FROM_DS = 0x02;
const FLAG_PROTECTED = 0x40;
const FLAG_ORDER = 0x80;
const SHORTEST_DATA_HEADER = 24;
const QOS_AMSDU = 0x80;

/** Bytes of a radiotap header, 0 where it is cut, -1 where it is none: another version, or a length that can't be. */
export function radiotapLength(data: DataView, at: number, end: number): number {
  if (at + RADIOTAP_SMALLEST > end) return 0;
  const length = data.getUint16(at + 2, true);
  if (data.getUint8(at) !== 0 || length < RADIOTAP_SMALLEST) return -1;
  return at + length <= end ? length : 0;
}

/**
 * True where the radiotap header (whole, of `length` bytes) says that the MAC header is padded to a multiple of four. Its
 * flags come after the time stamp, if there is one, which is aligned to eight bytes.
 */
export function isRadiotapPadded(data: DataView, at: number, length: number): boolean {
  const present = data.getUint32(at + RADIOTAP_PRESENT, true);
  if ((present & RADIOTAP_HAS_FLAGS) === 0) return false;
  let offset = RADIOTAP_PRESENT + 4;
  for (let word = present; (word & RADIOTAP_MORE_WORDS) !== 0; offset += 4) {
    if (offset + 4 > length) return false;
    word = data.getUint32(at + offset, true);
  }
  if ((present & RADIOTAP_HAS_TIME) !== 0) offset = ((offset + 7) & ~7) + 8;
  return offset < length && (data.getUint8(at + offset) & RADIOTAP_FLAG_PADDED) !== 0;
}

/** Bytes of the MAC header of a data frame in clear that carries an LLC header, 0 where it is cut, -1 for any other frame. */
export function wifiDataHeaderLength(data: DataView, at: number, end: number): number {
  if (at + SHORTEST_DATA_HEADER > end) return 0;
  const control = data.getUint8(at);
  const flags = data.getUint8(at + 1);
  if ((control & (TYPE_MASK | SUBTYPE_NO_DATA | 3)) !== TYPE_DATA || (flags & FLAG_PROTECTED) !== 0) return -1;
  if ((data.getUint16(at + 22, true) & 15) !== 0) return -1;
  let length = SHORTEST_DATA_HEADER;
  if ((flags & (FLAG_TO_DS | FLAG_FROM_DS)) === (FLAG_TO_DS | FLAG_FROM_DS)) length += 6;
  if ((control & SUBTYPE_QOS) !== 0) {
    if (at + length + 2 > end) return 0;
    if ((data.getUint8(at + length) & QOS_AMSDU) !== 0) return -1;
    length += 2;
    if ((flags & FLAG_ORDER) !== 0) length += 4;
  }
  return at + length <= end ? length : 0;
}
