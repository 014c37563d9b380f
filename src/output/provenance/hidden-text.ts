/**
 * Replaces addresses in names of files and in arguments, for outputs that hide addresses. File names often hold one,
 * like
 * `client-192.0.2.7.pcap` or `192-0-2-7.pcap`. Numbers that could be an address, like the end of a date and time, are
 * replaced too. Other text stays as it is.
 */
const IPV4 = /(?<!\d)\d{1,3}([._-])\d{1,3}\1\d{1,3}\1\d{1,3}(?!\d)/g;
/** Hexadecimal words between colons. */
const COLON_WORDS = /[0-9a-f]*(?::[0-9a-f]*){2,}/gi;
/** A time of day has 2 colons; an Ethernet address has 5. */
const FEWEST_COLONS = 5;

export const HIDDEN = '[address]';

export function hideAddresses(text: string): string {
  return text
    .replace(IPV4, (found) => (found.split(/[._-]/).every((part) => Number(part) <= 255) ? HIDDEN : found))
    .replace(COLON_WORDS, (found) =>
      found.includes('::') || found.split(':').length > FEWEST_COLONS ? HIDDEN : found,
    );
}
