/** Writes an address as bytes, with the same result as `formatAddress` of core/ip-address. */
import { isMappedIpv4 } from '../../core/ip-address.ts';
import type { ByteWriter } from './byte-writer.ts';
import { digitsOf, lengthOf } from './decimal-table.ts';

const POINT = 46;

/** Appends an address of four words: dotted decimal for IPv4, RFC 5952 for IPv6. */
export function putAddress(text: ByteWriter, words: Int32Array): void {
  const last = words[3]!;
  if (!isMappedIpv4(words[0]!, words[1]!, words[2]!)) {
    putIpv6(text, words);
    return;
  }
  const { view, bytes } = text;
  let at = text.length;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const digits = digitsOf((last >>> shift) & 255);
    view.setInt32(at, digits, true);
    at += lengthOf(digits);
    bytes[at++] = POINT;
  }
  text.length = at - 1;
}

const COLON = 58;
const GROUPS = 8;

function groupOf(words: Int32Array, group: number): number {
  const word = words[group >> 1]!;
  return (group & 1) === 0 ? word >>> 16 : word & 0xffff;
}

function putIpv6(text: ByteWriter, words: Int32Array): void {
  // RFC 5952: `::` replaces the longest run of two or more zero groups, the first of equally long ones.
  let gapAt = GROUPS;
  let gapLength = 1;
  for (let at = 0; at < GROUPS;) {
    let end = at;
    while (end < GROUPS && groupOf(words, end) === 0) end++;
    if (end - at > gapLength) {
      gapAt = at;
      gapLength = end - at;
    }
    at = end + 1;
  }
  for (let at = 0; at < GROUPS; at++) {
    if (at === gapAt) {
      text.putCharacter(COLON);
      text.putCharacter(COLON);
      at += gapLength - 1;
      continue;
    }
    if (at > 0 && at !== gapAt + gapLength) text.putCharacter(COLON);
    const group = groupOf(words, at);
    text.putHex(group, group > 0xfff ? 4 : group > 0xff ? 3 : group > 0xf ? 2 : 1);
  }
}
