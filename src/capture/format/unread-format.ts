/**
 * Detects inputs in formats that Sluice does not read, from their first bytes: other compressions, other capture
 * formats, archives, text. Names the command that converts them to a readable capture. Signatures as in file(1) and
 * Wireshark's wiretap.
 *
 * The result is only shown to the user, so a wrong guess causes no more than a wrong hint.
 */
import { looksLikeErf } from './erf-guess.ts';
import { textKind } from './text-kind.ts';

/**
 * How to get a capture: with a program that decompresses to its output, with one that converts files, or not at all.
 */
export interface UnreadFormat {
  /** `xz-compressed`, `a snoop capture`. */
  readonly what: string;
  /** Decompresses the file after it to standard output. */
  readonly unpack?: string;
  /** Converts the file IN to a pcap OUT. */
  readonly convert?: string;
  /** Further advice, a sentence without its full stop. */
  readonly advice?: string;
  /** True if it may contain packets: skipping such a file needs a message. */
  readonly mayHoldPackets: boolean;
}

interface Signature extends Omit<UnreadFormat, 'mayHoldPackets'> {
  /** Hexadecimal; `..` is any byte. */
  readonly bytes: string;
  readonly at?: number;
}

/**
 * Wireshark's editcap. It keeps the ERF headers (link type 197, which is not supported) unless told to write Ethernet.
 */
const EDITCAP = 'editcap -F pcap IN OUT';
const EDITCAP_ETHERNET = 'editcap -F pcap -T ether IN OUT';

const ascii = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

const COMPRESSIONS: readonly Signature[] = [
  { bytes: `${ascii('BZh')}..314159265359`, what: 'bzip2-compressed', unpack: 'bzip2 -dc' },
  { bytes: 'fd377a585a00', what: 'xz-compressed', unpack: 'xz -dc' },
  { bytes: '5d0000....ffffffffffffffff', what: 'lzma-compressed', unpack: 'xz --format=lzma -dc' },
  { bytes: '04224d18', what: 'lz4-compressed', unpack: 'lz4 -dc' },
  { bytes: '02214c18', what: 'lz4-compressed (legacy frame)', unpack: 'lz4 -dc' },
  { bytes: ascii('LZIP'), what: 'lzip-compressed', unpack: 'lzip -dc' },
  { bytes: '894c5a4f000d0a1a0a', what: 'lzop-compressed', unpack: 'lzop -dc' },
  { bytes: '1f9d', what: 'compressed by compress (.Z)', unpack: 'gzip -dc' },
  {
    bytes: `504b0304`,
    what: 'a zip archive',
    unpack: 'unzip -p',
    advice: 'With several captures in it, unpack it (unzip) and name them',
  },
  { bytes: `504b0506`, what: 'an empty zip archive' },
  { bytes: '377abcaf271c', what: 'a 7z archive', unpack: '7z x -so' },
  { bytes: '526172211a07', what: 'a rar archive', unpack: 'unrar p -inul' },
  { bytes: ascii('ustar'), at: 257, what: 'a tar archive', advice: 'Unpack it (tar -xf) and name the captures in it' },
];

const CAPTURES: readonly Signature[] = [
  { bytes: ascii('snoop\0\0\0'), what: 'a snoop capture', convert: EDITCAP },
  { bytes: ascii('RTSS'), what: 'a Network Monitor 1 capture', convert: EDITCAP },
  { bytes: ascii('GMBU'), what: 'a Network Monitor 2 capture', convert: EDITCAP },
  { bytes: ascii('TRSNIFF data    \x1a'), what: 'a Network Sniffer capture', convert: EDITCAP },
  { bytes: ascii('XCP\0'), what: 'a Windows Sniffer (NetXRay) capture', convert: EDITCAP },
  { bytes: ascii('VL\0\0'), what: 'a NetXRay 1 capture', convert: EDITCAP },
  { bytes: ascii('\x7fver'), what: 'an EtherPeek or OmniPeek capture', convert: EDITCAP },
  { bytes: ascii('iptrace 1.0'), what: 'an AIX iptrace 1 capture', convert: EDITCAP },
  { bytes: ascii('iptrace 2.0'), what: 'an AIX iptrace 2 capture', convert: EDITCAP },
  { bytes: ascii('\x05VNF'), what: 'a Visual Networks capture', convert: EDITCAP },
  { bytes: ascii('ObserverPktBuffe'), what: 'a Network Instruments Observer capture', convert: EDITCAP },
  { bytes: '00000001000000000007d000', what: 'an HP-UX nettl capture', convert: EDITCAP },
  { bytes: 'aaaaaaaa', what: 'an Accellent 5Views capture', convert: EDITCAP },
  { bytes: '01104c000105', what: 'a Novell LANalyzer capture', convert: EDITCAP },
  { bytes: '0000020012050010', what: 'a Tektronix K12 capture', convert: EDITCAP },
  { bytes: '1c0001a.', what: 'an Ixia capture', convert: EDITCAP },
  { bytes: 'a.01001c', what: 'an Ixia capture', convert: EDITCAP },
  { bytes: ascii('btsnoop\0'), what: 'a Bluetooth capture (btsnoop)', advice: 'No IP packets are in it' },
];

/** The format of the first bytes, or null. */
export function unreadFormatOf(seen: Uint8Array): UnreadFormat | null {
  const signature = [...COMPRESSIONS, ...CAPTURES].find((candidate) => matches(candidate, seen));
  if (signature !== undefined) return { ...signature, mayHoldPackets: true };
  if (looksLikeErf(seen)) return { what: 'an Endace ERF capture', convert: EDITCAP_ETHERNET, mayHoldPackets: true };
  if (seen.length >= 16 && seen.every((byte) => byte === 0))
    return { what: 'zeros only', advice: 'Its beginning was never written', mayHoldPackets: false };
  const text = textKind(seen);
  return text === null ? null : { ...text, mayHoldPackets: false };
}

function matches({ bytes, at = 0 }: Signature, seen: Uint8Array): boolean {
  const part = Buffer.from(seen.subarray(at, at + bytes.length / 2)).toString('hex');
  return part.length === bytes.length && Array.from(bytes).every((digit, i) => digit === '.' || digit === part[i]);
}

/**
 * The message about a format: its name, and how to get a capture. `compression` is that of the file; empty for none.
 */
export function unreadMessage(format: UnreadFormat, path: string, compression: string): string {
  const { what, unpack, convert, advice } = format;
  const file = path === '-' ? 'FILE' : shellWord(path);
  const inside = compression === '' ? '' : ` inside ${compression}`;
  if (unpack !== undefined) {
    const command = compression === '' ? `${unpack} ${file}` : `${compression} -dc ${file} | ${unpack}`;
    const more = advice === undefined ? '' : `. ${advice}`;
    return `${what}${inside}, which Sluice does not unpack: ${command} | sluice replay -${more}`;
  }
  if (convert !== undefined) {
    const target = path === '-' ? 'FILE.pcap' : shellWord(`${path}.pcap`);
    const command = convert.replace('IN', () => file).replace(/OUT$/, () => target);
    return `${what}${inside}, which Sluice does not read: ${command} makes a pcap of it`;
  }
  return `${what}${inside}${advice === undefined ? '' : `. ${advice}`}`;
}

/** Quotes a path as one word for a shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
