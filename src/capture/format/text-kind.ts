/** Detects the kind of text in an input: the inputs most often mistaken for a capture. */

export interface TextKind {
  readonly what: string;
  readonly advice?: string;
}

/** Kinds by their beginning, without leading white space; the first match wins. */
const KINDS: readonly (readonly [beginning: RegExp, kind: TextKind])[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\//,
    { what: 'a Git LFS pointer', advice: 'git lfs pull fetches the file itself' },
  ],
  [
    /^<(!doctype html|html|head|body)\b/i,
    { what: 'an HTML page', advice: 'Perhaps what a server answered in place of the file' },
  ],
  [/^<(\?xml|pdml|psml)\b/i, { what: 'XML' }],
  [/^[[{]\s*(["[{\]}\d-]|true|false|null)/, { what: 'JSON' }],
  [
    /^(0x)?[0-9a-f]{4,8}:? +([0-9a-f]{2} ?){4}/i,
    { what: 'a hex dump', advice: 'text2pcap makes a pcap of some: text2pcap DUMP FILE.pcap' },
  ],
  [
    /^(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d+ (IP6?|ARP|[0-9a-f]{2}:[0-9a-f]{2}:)/i,
    { what: 'what tcpdump prints', advice: 'It does not hold the packets: tcpdump -w FILE records them' },
  ],
];

/** The kind of text that begins with these bytes; null if they are no text. */
export function textKind(seen: Uint8Array): TextKind | null {
  if (seen.length >= 2 && seen[0] === 0xff && seen[1] === 0xfe)
    return {
      what: 'text in UTF-16',
      advice: "PowerShell's > makes text of what it redirects: tcpdump -w FILE does not need it",
    };
  const text = decoded(seen)?.trimStart();
  if (text === undefined || text === '') return null;
  return KINDS.find(([beginning]) => beginning.test(text))?.[1] ?? { what: 'plain text' };
}

/**
 * The text, or undefined if the bytes are not UTF-8 without control characters. The end may be cut within a character.
 */
function decoded(seen: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(seen, { stream: true });
    // eslint-disable-next-line no-control-regex
    return /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
