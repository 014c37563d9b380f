/** Writes the entries of an event's evidence as bytes; see event-line.ts. */
import type { FlowRecord } from '../../decision/flow-record.ts';
import { CHECKS, type CheckForm, ONE_VALUE } from '../../dataplane/host/checks.ts';
import { EvidenceRow, goesFirst } from '../../dataplane/host/evidence-rows.ts';
import { ByteLiteral } from './byte-literal.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Offsets below this limit have their text cached. */
const CACHED_OFFSETS = 512;

/** The constant texts of a check's evidence entries. */
class CheckLiterals {
  readonly form: CheckForm['form'];
  /** Words of the row that the `expected` text shows (0 is the high word, 1 the low word), and the text after each. */
  readonly expectedWords: readonly number[];
  readonly afterExpected: readonly ByteLiteral[];
  readonly end = new ByteLiteral('"}');
  private readonly beforeOffset: string;
  private readonly afterOffset: string;
  /** By offset, for the small offsets of most entries. */
  private readonly withOffset: ByteLiteral[] = [];

  constructor({ name, form, expected = ONE_VALUE }: CheckForm) {
    const prefix = form === 'number' ? '' : '0x';
    const texts = expected.split(/\{high\}|\{low\}/).map((text) => JSON.stringify(text).slice(1, -1));
    const seen = `","seen":"${prefix}`;
    const shown = texts.map((text, index) => `${text}${index === texts.length - 1 ? seen : prefix}`);
    this.form = form;
    this.expectedWords = (expected.match(/\{high\}|\{low\}/g) ?? []).map((word) => (word === '{high}' ? 0 : 1));
    this.beforeOffset = `,"check":"${name}","offset":`;
    this.afterOffset = `,"expected":"${shown[0]}`;
    this.afterExpected = shown.slice(1).map((text) => new ByteLiteral(text));
  }

  /**
   * Appends the text between the packet's number and the first word of `expected`. It reaches up to `seen` if
   * `expected` shows no word.
   */
  putOffset(text: ByteWriter, offset: number): void {
    if (offset < CACHED_OFFSETS) text.put((this.withOffset[offset] ??= new ByteLiteral(this.textOf(offset))));
    else text.putText(this.textOf(offset));
  }

  private textOf(offset: number): string {
    return `${this.beforeOffset}${offset}${this.afterOffset}`;
  }
}

const FIRST = new ByteLiteral('{"packet":');
const NEXT = new ByteLiteral(',{"packet":');
const HEX_DIGITS = { hex8: 2, hex32: 8, hex64: 16 };

/** By check. */
const CHECK_LITERALS: CheckLiterals[] = [];
for (const [check, form] of Object.entries(CHECKS)) CHECK_LITERALS[Number(check)] = new CheckLiterals(form);

/** The row that is written. */
const row = new EvidenceRow();

/** Appends the entries of the flow's evidence, oldest first, separated by commas. */
export function putEvidence(text: ByteWriter, flow: FlowRecord): void {
  const { ownRows, tunnelRows } = flow;
  if (ownRows === null || tunnelRows === null) return;
  let own = flow.ownEvidence;
  let other = flow.tunnelEvidence;
  let start = FIRST;
  while (own !== 0 || other !== 0) {
    if (goesFirst(ownRows, own, tunnelRows, other)) {
      ownRows.read(own, row);
      own = row.next;
    } else {
      tunnelRows.read(other, row);
      other = row.next;
    }
    text.put(start);
    start = NEXT;
    putRow(text);
  }
}

function putRow(text: ByteWriter): void {
  const literals = CHECK_LITERALS[row.check]!;
  text.putNumber(row.packet);
  literals.putOffset(text, row.offset);
  const { form, expectedWords, afterExpected } = literals;
  for (let i = 0; i < expectedWords.length; i++) {
    putValue(text, form, row.expectedHigh, expectedWords[i] === 0 ? row.expectedHigh : row.expectedLow);
    text.put(afterExpected[i]!);
  }
  putValue(text, form, row.seenHigh, row.seenLow);
  text.put(literals.end);
}

function putValue(text: ByteWriter, form: CheckForm['form'], high: number, low: number): void {
  if (form === 'number') {
    text.putNumber(low >>> 0);
    return;
  }
  if (form === 'hex64') text.putHex(high, 8);
  text.putHex(low, Math.min(HEX_DIGITS[form], 8));
}
