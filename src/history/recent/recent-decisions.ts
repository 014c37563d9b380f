/**
 * The newest decisions, in memory only, because they have addresses: searched from the newest to the oldest. Those from
 * before the daemon's start come from its event log. The number of decisions and their bytes are bounded.
 */
import { formatMicros } from '../../core/units.ts';
import { type DecidingRules, type DecisionBatch, parseHead, type RecentLimits } from './decision-batch.ts';
import type { DecisionList, DecisionStock } from './decision-document.ts';
import { decisionFilter } from './decision-filter.ts';
import type { DecisionsQuery } from './decision-query.ts';
import { DECISION_BYTES, keptDecision, type KeptDecision, rowOf } from './kept-decision.ts';

/** Bytes of a decision that the bound assumes: longer ones leave room for fewer. */
const BYTES_EACH = 2048;
const DEFAULT_LIMIT = 50;
/** Generation of decisions from before the daemon's start, whose rules are not known. */
const NO_RULES = 0;
/** Texts that are kept once for equal ones. */
const INTERNED_LIMIT = 20_000;

export class RecentDecisions {
  private readonly limits: RecentLimits;
  /** A ring, ascending by number from the oldest on. */
  private readonly ring: (KeptDecision | null)[];
  private start = 0;
  private count = 0;
  private bytes = 0;
  private made = 0;
  private leftOut = 0;
  /** Decisions from before the daemon's start: the oldest of the ring, with the numbers 0, -1 and so on. */
  private earlier = 0;
  private nextEarlier = 0;
  earlierState: DecisionStock['earlier']['state'];
  /** Lines of the log that are no events that can be shown. */
  earlierSkipped = 0;
  private readonly rules = new Map<number, DecidingRules>();
  private interned = new Map<string, string>();

  constructor(limits: RecentLimits) {
    this.limits = limits;
    this.earlierState = limits.addresses === 'pseudonym' ? 'pseudonyms' : 'no-log';
    this.ring = new Array<KeptDecision | null>(limits.most).fill(null);
  }

  add({ text, rules, made, leftOut }: DecisionBatch): void {
    this.made = made;
    this.leftOut = leftOut;
    for (const one of rules) this.rules.set(one.generation, one);
    const intern = this.intern.bind(this);
    for (let at = 0; at < text.length;) {
      const endOfHead = text.indexOf('\n', at);
      const endOfLine = text.indexOf('\n', endOfHead + 1);
      const head = parseHead(text.slice(at, endOfHead));
      this.keep(keptDecision(head, text.slice(endOfHead + 1, endOfLine), intern));
      at = endOfLine + 1;
    }
    this.giveUpRules();
  }

  /**
   * Adds a decision that was made before all that are kept, as an event without a line break. False if there is no
   * room. Throws if the line is not an event.
   */
  addEarlier(line: string): boolean {
    const { most } = this.limits;
    const head = { number: this.nextEarlier, generation: NO_RULES, held: null, otherProtocol: null, tried: '' };
    const one = keptDecision(head, line, this.intern.bind(this));
    if (this.count === most || this.bytes + bytesOf(one) > most * BYTES_EACH) return false;
    this.start = (this.start + most - 1) % most;
    this.ring[this.start] = one;
    this.count++;
    this.bytes += bytesOf(one);
    this.earlier++;
    this.nextEarlier--;
    return true;
  }

  get addresses(): RecentLimits['addresses'] {
    return this.limits.addresses;
  }

  /** The decisions that a query selects, a page of them. */
  search(query: DecisionsQuery): DecisionList {
    const { before = Infinity, after = -Infinity, limit = DEFAULT_LIMIT } = query;
    const page: KeptDecision[] = [];
    let matched = 0;
    let newer = 0;
    let hasMore = false;
    for (const one of this.selected(decisionFilter(query))) {
      matched++;
      if (one.number > after) newer++;
      if (one.number >= before || one.number <= after) continue;
      if (page.length < limit) page.push(one);
      else hasMore = true;
    }
    const next = hasMore ? (page.at(-1)?.number ?? null) : null;
    return { rows: page.map(rowOf), matched, newer, next, stock: this.stock };
  }

  /** The decisions for which `holds`, the newest first. */
  *selected(holds: (kept: KeptDecision) => boolean): Generator<KeptDecision, void> {
    for (let place = this.count - 1; place >= 0; place--) {
      const one = this.at(place)!;
      if (holds(one)) yield one;
    }
  }

  rulesOf(generation: number): DecidingRules | undefined {
    return this.rules.get(generation);
  }

  get stock(): DecisionStock {
    const { count, made, leftOut, limits, earlier, earlierSkipped, earlierState } = this;
    const place = (one: KeptDecision | null): DecisionStock['oldest'] =>
      one === null ? null : { number: one.number, time: formatMicros(one.timeUs) };
    return {
      made,
      kept: count,
      earlier: { kept: earlier, skipped: earlierSkipped, state: earlierState },
      left_out: leftOut,
      oldest: place(this.at(0)),
      newest: place(this.at(count - 1)),
      addresses: limits.addresses,
    };
  }

  /** The decision at a place from the oldest on; null beyond the last. */
  private at(place: number): KeptDecision | null {
    return place < 0 || place >= this.count ? null : this.ring[(this.start + place) % this.limits.most]!;
  }

  private keep(one: KeptDecision): void {
    const { most } = this.limits;
    if (this.count === most) this.giveUp();
    this.ring[(this.start + this.count) % most] = one;
    this.count++;
    this.bytes += bytesOf(one);
    while (this.bytes > most * BYTES_EACH) this.giveUp();
  }

  private giveUp(): void {
    const oldest = this.at(0)!;
    this.bytes -= bytesOf(oldest);
    if (oldest.generation === NO_RULES) this.earlier--;
    this.ring[this.start] = null;
    this.start = (this.start + 1) % this.limits.most;
    this.count--;
  }

  /** Rules are kept as long as a decision by them. */
  private giveUpRules(): void {
    const oldest = this.at(this.earlier)?.generation ?? NO_RULES;
    for (const generation of this.rules.keys()) {
      if (generation < oldest) this.rules.delete(generation);
    }
  }

  private intern(text: string): string {
    const known = this.interned.get(text);
    if (known !== undefined) return known;
    if (this.interned.size === INTERNED_LIMIT) this.interned = new Map();
    this.interned.set(text, text);
    return text;
  }
}

function bytesOf({ line }: KeptDecision): number {
  return line.length + DECISION_BYTES;
}
