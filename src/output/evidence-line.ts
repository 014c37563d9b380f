/** The entries of an event's evidence, as octets; see event-line.ts. */
import type { FlowRecord } from '../engine/flow-record.ts';
import { CHECKS, type CheckForm } from '../fingerprint/checks.ts';
import { type OctetText, Piece } from './octet-text.ts';

/** Offsets that are kept ready, with what stands around them. */
const KEPT_OFFSETS = 512;

/** What stands between the numbers of an entry, by its check. */
class CheckPieces {
  readonly form: CheckForm['form'];
  readonly expectsText: boolean;
  readonly beforeSeen: Piece;
  readonly end: Piece;
  private readonly beforeOffset: string;
  private readonly behindOffset: string;
  /** By offset, for the short ones that most entries have. */
  private readonly withOffset: Piece[] = [];

  constructor({ name, form, expected }: CheckForm) {
    const begin = form === 'number' ? '' : '"0x';
    const end = form === 'number' ? '' : '"';
    this.form = form;
    this.expectsText = expected !== undefined;
    this.beforeOffset = `,"check":"${name}","offset":`;
    this.behindOffset =
      expected === undefined ? `,"expected":${begin}` : `,"expected":${JSON.stringify(expected)},"seen":${begin}`;
    this.beforeSeen = new Piece(`${end},"seen":${begin}`);
    this.end = new Piece(`${end}}`);
  }

  /** Appends what stands from the packet's number up to what was expected; up to what was seen, where the expectation is a text. */
  putOffset(text: OctetText, offset: number): void {
    if (offset < KEPT_OFFSETS) text.put((this.withOffset[offset] ??= new Piece(this.textOf(offset))));
    else text.putText(this.textOf(offset));
  }

  private textOf(offset: number): string {
    return `${this.beforeOffset}${offset}${this.behindOffset}`;
  }
}

const FIRST = new Piece('{"packet":');
const NEXT = new Piece(',{"packet":');
const HEX_DIGITS = { hex8: 2, hex32: 8, hex64: 16 };

/** By check. */
const PIECES: CheckPieces[] = [];
for (const [check, form] of Object.entries(CHECKS)) PIECES[Number(check)] = new CheckPieces(form);

/** Appends the entries of the flow's evidence, oldest first, separated by commas. */
export function putEvidence(text: OctetText, flow: FlowRecord): void {
  const log = flow.evidenceLog;
  if (log === null) return;
  let start = FIRST;
  for (let [own, other] = [flow.ownEvidence, flow.tunnelEvidence]; own !== 0 || other !== 0;) {
    const row = log.isBefore(own, other) ? own : other;
    if (row === own) own = log.nextOf(row);
    else other = log.nextOf(row);
    const pieces = PIECES[log.checkOf(row)]!;
    text.put(start);
    start = NEXT;
    text.putNumber(log.packetOf(row));
    pieces.putOffset(text, log.offsetOf(row));
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
