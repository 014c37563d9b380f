/** The entries of an event's evidence, as octets; see event-line.ts. */
import type { FlowRecord } from '../../decision/flow-record.ts';
import { CHECKS, type CheckForm, ONE_VALUE } from '../../dataplane/fingerprint/checks.ts';
import { type OctetText, Piece } from './octet-text.ts';

/** Offsets that are kept ready, with what stands around them. */
const KEPT_OFFSETS = 512;

/** The texts between the numbers of an entry, by its check. */
class CheckPieces {
  readonly form: CheckForm['form'];
  /** The row's words that are shown of what was expected, 0 the higher and 1 the lower, and the text after each. */
  readonly expectedWords: readonly number[];
  readonly afterExpected: readonly Piece[];
  readonly end = new Piece('"}');
  private readonly beforeOffset: string;
  private readonly afterOffset: string;
  /** By offset, for the short ones that most entries have. */
  private readonly withOffset: Piece[] = [];

  constructor({ name, form, expected = ONE_VALUE }: CheckForm) {
    const prefix = form === 'number' ? '' : '0x';
    const texts = expected.split(/\{high\}|\{low\}/).map((text) => JSON.stringify(text).slice(1, -1));
    const seen = `","seen":"${prefix}`;
    const shown = texts.map((text, index) => `${text}${index === texts.length - 1 ? seen : prefix}`);
    this.form = form;
    this.expectedWords = (expected.match(/\{high\}|\{low\}/g) ?? []).map((word) => (word === '{high}' ? 0 : 1));
    this.beforeOffset = `,"check":"${name}","offset":`;
    this.afterOffset = `,"expected":"${shown[0]}`;
    this.afterExpected = shown.slice(1).map((text) => new Piece(text));
  }

  /** Appends the text between the packet's number and the first number of what was expected; up to what was seen where there is none. */
  putOffset(text: OctetText, offset: number): void {
    if (offset < KEPT_OFFSETS) text.put((this.withOffset[offset] ??= new Piece(this.textOf(offset))));
    else text.putText(this.textOf(offset));
  }

  private textOf(offset: number): string {
    return `${this.beforeOffset}${offset}${this.afterOffset}`;
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
    for (let i = 0; i < pieces.expectedWords.length; i++) {
      putValue(text, pieces.form, log.wordOf(row, 0), log.wordOf(row, pieces.expectedWords[i]!));
      text.put(pieces.afterExpected[i]!);
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
