/**
 * An IP address as four signed 32-bit words, most significant first: the form in which the decoder, the flow table and
 * the registry pass addresses without objects. IPv4 addresses take the IPv4-mapped form (0, 0, 0xffff, address), so one
 * comparison serves both families; `isMappedIpv4` tells them apart. An IPv6 packet that really carries a mapped address
 * is taken for the IPv4 address it names.
 */

/** The third word of every IPv4 address. */
export const IPV4_MARK = 0x0000ffff;

/** Added to an IPv4 prefix length: 192.0.2.0/24 is 120 bits long in mapped form. */
export const IPV4_LENGTH_OFFSET = 96;

/** True when the words are an IPv4 address. */
export function isMappedIpv4(word0: number, word1: number, word2: number): boolean {
  return word0 === 0 && word1 === 0 && word2 === IPV4_MARK;
}

/** Dotted form of an IPv4 word. */
export function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** Text of an address: dotted for IPv4, RFC 5952 for IPv6. */
export function formatAddress(word0: number, word1: number, word2: number, word3: number): string {
  if (isMappedIpv4(word0, word1, word2)) return formatIpv4(word3);
  return formatIpv6(word0, word1, word2, word3);
}

/** `192.0.2.0/24`, `2001:db8::/32`: always with the length, also for a single address. `length` is in mapped form. */
export function formatPrefix(word0: number, word1: number, word2: number, word3: number, length: number): string {
  const ipv4 = length >= IPV4_LENGTH_OFFSET && isMappedIpv4(word0, word1, word2);
  return `${formatAddress(word0, word1, word2, word3)}/${ipv4 ? length - IPV4_LENGTH_OFFSET : length}`;
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as `::`. */
function formatIpv6(word0: number, word1: number, word2: number, word3: number): string {
  const groups = [word0, word1, word2, word3].flatMap((word) => [word >>> 16, word & 0xffff]);
  let bestAt = -1;
  let bestLength = 1;
  for (let at = 0; at < 8;) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > bestLength) {
      bestAt = at;
      bestLength = length;
    }
    at += length + 1;
  }
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (bestAt < 0) return text(groups);
  return `${text(groups.slice(0, bestAt))}::${text(groups.slice(bestAt + bestLength))}`;
}
