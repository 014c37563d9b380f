/** The entries of an event's evidence, as octets; see event-line.ts. */
import type { FlowRecord } from '../engine/flow-record.ts';
import { CHECKS, type CheckForm } from '../fingerprint/evidence.ts';
import { type OctetText, Piece } from './octet-text.ts';

/** What stands between the numbers of an entry. */
interface CheckPieces {
  readonly form: CheckForm['form'];
  /** From the packet's number up to the offset. */
  readonly name: Piece;
  /** From the offset up to what was expected; up to what was seen, where the expectation is a text. */
  readonly beforeExpected: Piece;
  readonly expectsText: boolean;
  readonly beforeSeen: Piece;
  readonly end: Piece;
}

const FIRST = new Piece('{"packet":');
const NEXT = new Piece(',{"packet":');
const HEX_DIGITS = { hex8: 2, hex32: 8, hex64: 16 };

/** By check. */
const PIECES: readonly (CheckPieces | undefined)[] = piecesOfChecks();

function piecesOfChecks(): (CheckPieces | undefined)[] {
  const list: (CheckPieces | undefined)[] = [];
  for (const [check, { name, form, expected }] of Object.entries(CHECKS)) {
    const begin = form === 'number' ? '' : '"0x';
    const end = form === 'number' ? '' : '"';
    list[Number(check)] = {
      form,
      name: new Piece(`,"check":"${name}","offset":`),
      beforeExpected: new Piece(
        expected === undefined ? `,"expected":${begin}` : `,"expected":${JSON.stringify(expected)},"seen":${begin}`,
      ),
      expectsText: expected !== undefined,
      beforeSeen: new Piece(`${end},"seen":${begin}`),
      end: new Piece(`${end}}`),
    };
  }
  return list;
}

/** Appends the entries of the flow's evidence, oldest first, separated by commas. */
export function putEvidence(text: OctetText, flow: FlowRecord): void {
  const log = flow.evidenceLog;
  if (log === null) return;
  for (let row = flow.evidence; row !== 0; row = log.nextOf(row)) {
    const pieces = PIECES[log.checkOf(row)]!;
    text.put(row === flow.evidence ? FIRST : NEXT);
    text.putNumber(log.packetOf(row));
    text.put(pieces.name);
    text.putNumber(log.offsetOf(row));
    text.put(pieces.beforeExpected);
    if (!pieces.expectsText) {
      putValue(text, pieces.form, log.wordOf(row, 0), log.wordOf(row, 1));
      text.put(pieces.beforeSeen);
    }
    putValue(text, pieces.form, log.wordOf(row, 2), log.wordOf(row, 3));
    text.put(pieces.end);
  }
}

function putValue(text: OctetText, form: CheckForm['form'], high: number, low: number): void {
  if (form === 'number') {
    text.putNumber(low >>> 0);
    return;
  }
  if (form === 'hex64') text.putHex(high, 8);
  text.putHex(low, Math.min(HEX_DIGITS[form], 8));
}
