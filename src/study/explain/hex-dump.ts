/**
 * The bytes of a payload that evidence is of, as a hex dump with the checked bytes marked. Offsets count as in
 * evidence.
 *
 * Only the protocol's own header, which is in clear in every packet, and the checked bytes are shown; all else is `..`,
 * so that nothing of what a tunnel carries appears.
 */
import { CHECKS, Check, type CheckForm } from '../../dataplane/host/checks.ts';
import { FingerprintId } from '../../dataplane/host/holder.ts';
import { Framing } from '../../dataplane/host/framing.ts';
import type { PayloadHead } from './payload-head.ts';

const ROW_LENGTH = 16;
const HALF = ROW_LENGTH / 2;
const NOT_SHOWN = '..';

/** Bytes of the header in clear, from the start of the payload. */
const HEADER_LENGTHS: Readonly<Record<FingerprintId, number>> = {
  [FingerprintId.NONE]: 0,
  [FingerprintId.WIREGUARD]: 16,
  [FingerprintId.IKE]: 28,
  [FingerprintId.OPENVPN]: 9,
  [FingerprintId.ESP_IN_UDP]: 8,
  [FingerprintId.NATIVE_IPSEC]: 8,
};
const AH_HEADER_LENGTH = 12;
const NON_ESP_MARKER_LENGTH = 4;

const FORM_LENGTHS: Readonly<Record<CheckForm['form'], number>> = { number: 4, hex8: 1, hex32: 4, hex64: 8 };
/** Bytes of checks that their form does not tell: none where a length or a count is compared. */
const OTHER_LENGTHS: Readonly<Partial<Record<Check, number>>> = {
  [Check.TUNNEL_CONFIRMED]: 0,
  [Check.OPENVPN_WRAPPED_KEY]: 2,
  [Check.OPENVPN_RECORD_LENGTH]: 2,
  [Check.OPENVPN_DATA_LENGTHS]: 0,
  [Check.IKE_PAYLOADS]: 0,
  [Check.IKE_TRAILING_ZEROS]: 0,
};

const BY_NAME = new Map(
  Object.entries(CHECKS).map(([check, { name, form }]) => [
    name,
    OTHER_LENGTHS[Number(check) as Check] ?? FORM_LENGTHS[form],
  ]),
);

/** Bytes of the packet that a check of evidence compares, by its name; 0 for none. */
export function checkedLength(check: string): number {
  return BY_NAME.get(check) ?? 0;
}

/** Checked bytes, and the number by which they are named. */
export interface Mark {
  readonly number: number;
  readonly offset: number;
  readonly length: number;
}

/** Rows of 16 bytes with the marks below them; those without a mark are left out. */
export function hexDump(head: PayloadHead, marks: readonly Mark[]): string[] {
  const lines: string[] = [];
  const ends = marks.map(({ offset, length }) => rowOf(offset + length - 1));
  const rows = new Set([...marks.map(({ offset }) => rowOf(offset)), ...ends]);
  for (const row of [...rows].sort((a, b) => a - b)) {
    const bytes = Array.from({ length: ROW_LENGTH }, (_, i) => byteText(head, marks, row + i));
    const text = `${bytes.slice(0, HALF).join(' ')}  ${bytes.slice(HALF).join(' ')}`;
    const prefix = `${row.toString(16).padStart(4, '0')}  `;
    lines.push(`${prefix}${text}`.trimEnd());
    for (const line of markLines(marks, row)) lines.push(`${' '.repeat(prefix.length)}${line}`);
  }
  return lines;
}

function rowOf(offset: number): number {
  return offset - (offset % ROW_LENGTH);
}

function byteText(head: PayloadHead, marks: readonly Mark[], offset: number): string {
  const place = offset - head.start;
  if (place < 0 || place >= head.length) return '  ';
  const isMarked = marks.some((mark) => offset >= mark.offset && offset < mark.offset + mark.length);
  const byte = head.bytes[place];
  if (byte === undefined || (!isMarked && place >= headerLength(head))) return NOT_SHOWN;
  return byte.toString(16).padStart(2, '0');
}

function headerLength({ fingerprint, framing, bytes }: PayloadHead): number {
  if (framing === Framing.AH) return AH_HEADER_LENGTH;
  const isMarked =
    fingerprint === FingerprintId.IKE && bytes.subarray(0, NON_ESP_MARKER_LENGTH).every((byte) => byte === 0);
  return HEADER_LENGTHS[fingerprint] + (isMarked ? NON_ESP_MARKER_LENGTH : 0);
}

/** Lines of carets below a row, each mark with its number; marks that overlap are on lines of their own. */
function markLines(marks: readonly Mark[], row: number): string[] {
  const lines: string[] = [];
  for (const { number, offset, length } of marks) {
    const from = Math.max(offset, row) - row;
    const to = Math.min(offset + length, row + ROW_LENGTH) - row;
    if (from >= to) continue;
    const [start, end] = [columnOf(from), columnOf(to - 1) + 2];
    const run = `^${number}`.padEnd(end - start, '^');
    const label = run.length > end - start ? String(number) : run;
    const free = lines.findIndex((line) => line.length < start);
    const line = free < 0 ? '' : lines[free]!;
    lines[free < 0 ? lines.length : free] = line.padEnd(start) + label;
  }
  return lines;
}

/** Column of a row's byte. */
function columnOf(place: number): number {
  return place * 3 + (place >= HALF ? 1 : 0);
}
