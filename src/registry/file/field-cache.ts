/**
 * A cache of parsed fields that recur in a file (sectors, protocols, dates): from the text of a field, or its bytes, to
 * its number. The key includes the index of the field in the row, because a date means one time as `valid_from` and
 * another as `valid_until`.
 *
 * The cache is bounded: it holds at most FIELD_LIMIT fields, and a lookup probes at most PROBE_LIMIT slots.
 */
import { ENDS_FIELD } from './byte-field.ts';

const SLOTS = 65_536;
const PROBE_LIMIT = 16;
/** Most fields are dates; fifty years have 18,000 of them. */
const FIELD_LIMIT = 20_000;
const FIELD_LENGTH_LIMIT = 40;

const encoder = new TextEncoder();

export class FieldCache {
  /** The end of the field of the last `getByBytes`. */
  end = 0;
  /** By slot: the number of an entry, from 1; 0 where empty. */
  private readonly slots = new Uint16Array(SLOTS);
  /** The key of entry i is at ends[i - 1] … ends[i] - 1: the index of the field, then its bytes. */
  private readonly bytes = new Uint8Array(FIELD_LIMIT * (FIELD_LENGTH_LIMIT + 1));
  private readonly ends = new Uint32Array(FIELD_LIMIT + 1);
  private readonly values = new Float64Array(FIELD_LIMIT + 1);
  private readonly texts = new Map<string, number>();
  private count = 0;

  /** The number of field `field` with this text; NaN where it is not cached. */
  getByText(field: number, text: string): number {
    return this.texts.get(keyOf(field, text)) ?? NaN;
  }

  /**
   * The number of field `field` whose bytes begin at `start`; NaN where it is not cached. Sets `end` to its end
   * (byte-field).
   */
  getByBytes(field: number, bytes: Uint8Array, start: number): number {
    let hash = field;
    let end = start;
    while (end < bytes.length && ENDS_FIELD[bytes[end]!] === 0) hash = (Math.imul(hash, 31) + bytes[end++]!) | 0;
    this.end = end;
    let slot = slotOf(hash);
    for (let probe = 0; probe < PROBE_LIMIT; probe++) {
      const entry = this.slots[slot]!;
      if (entry === 0) return NaN;
      if (this.isEntry(entry, field, bytes, start, end)) return this.values[entry]!;
      slot = (slot + 1) & (SLOTS - 1);
    }
    return NaN;
  }

  /** Adds a field that is not cached, while there is room. */
  add(field: number, text: string, value: number): void {
    const bytes = encoder.encode(text);
    if (this.count === FIELD_LIMIT || bytes.length > FIELD_LENGTH_LIMIT) return;
    this.texts.set(keyOf(field, text), value);
    let hash = field;
    for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) | 0;
    let slot = slotOf(hash);
    while (this.slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    const entry = ++this.count;
    const start = this.ends[entry - 1]!;
    this.slots[slot] = entry;
    this.values[entry] = value;
    this.bytes[start] = field;
    this.bytes.set(bytes, start + 1);
    this.ends[entry] = start + 1 + bytes.length;
  }

  private isEntry(entry: number, field: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.bytes;
    let at = this.ends[entry - 1]!;
    if (this.ends[entry]! - at !== end - start + 1 || own[at] !== field) return false;
    for (let i = start; i < end; i++) {
      if (own[++at] !== bytes[i]) return false;
    }
    return true;
  }
}

function keyOf(field: number, text: string): string {
  return String(field) + text;
}

function slotOf(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> 16;
}
