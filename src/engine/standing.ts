/**
 * What the engine keeps of flows' decisions: columns, by the number that a flow's row holds. Rules and registrations are numbers of the
 * rules in force when a decision was made. Number 0 is no decision; numbers are used again after a flow's end.
 */
import { NO_RULE } from '../policy/decide.ts';
import { NO_REGISTRATION } from '../registry/registry.ts';

export const NO_BUCKET = -1;

const INITIAL_CAPACITY = 1024;

/** A decision is made anew from this packet time, or these numbers of packets and octets, on. */
export const Next = { TIME: 0, PACKETS: 1, OCTETS: 2 } as const;
export const NEXT_FIELDS = 4;

export class Standings {
  action = new Uint8Array(INITIAL_CAPACITY);
  reason = new Uint8Array(INITIAL_CAPACITY);
  protocol = new Uint8Array(INITIAL_CAPACITY);
  stage = new Uint8Array(INITIAL_CAPACITY);
  rule = new Int32Array(INITIAL_CAPACITY);
  sourceRegistration = new Int32Array(INITIAL_CAPACITY);
  destinationRegistration = new Int32Array(INITIAL_CAPACITY);
  bucket = new Int32Array(INITIAL_CAPACITY);
  /** When to decide anew: a row of four for each, because every packet asks for it. By Next. */
  next = new Float64Array(INITIAL_CAPACITY * NEXT_FIELDS);
  /** Generation of the rules that the numbers above belong to. */
  rulesGeneration = new Int32Array(INITIAL_CAPACITY);
  /** Generation of the safety guard that has admitted the client; 0 for none. */
  admittedBy = new Int32Array(INITIAL_CAPACITY);

  private used = 1;
  /** The numbers given back, chained through `rule`; 0 for none. */
  private free = 0;

  /** A number for a flow that has not been decided yet. */
  begin(): number {
    let number = this.free;
    if (number !== 0) {
      this.free = this.rule[number]!;
    } else {
      if (this.used === this.action.length) this.grow();
      number = this.used++;
    }
    this.action[number] = 0;
    this.reason[number] = 0;
    this.protocol[number] = 0;
    this.stage[number] = 0;
    this.rule[number] = NO_RULE;
    this.sourceRegistration[number] = NO_REGISTRATION;
    this.destinationRegistration[number] = NO_REGISTRATION;
    this.bucket[number] = NO_BUCKET;
    this.rulesGeneration[number] = 0;
    this.admittedBy[number] = 0;
    return number;
  }

  /** Gives a number back. */
  end(number: number): void {
    this.rule[number] = this.free;
    this.free = number;
  }

  /** No decision holds a bucket any more. */
  forgetBuckets(): void {
    this.bucket.fill(NO_BUCKET);
  }

  private grow(): void {
    const capacity = this.action.length * 2;
    this.action = widened(this.action, new Uint8Array(capacity));
    this.reason = widened(this.reason, new Uint8Array(capacity));
    this.protocol = widened(this.protocol, new Uint8Array(capacity));
    this.stage = widened(this.stage, new Uint8Array(capacity));
    this.rule = widened(this.rule, new Int32Array(capacity));
    this.sourceRegistration = widened(this.sourceRegistration, new Int32Array(capacity));
    this.destinationRegistration = widened(this.destinationRegistration, new Int32Array(capacity));
    this.bucket = widened(this.bucket, new Int32Array(capacity));
    this.next = widened(this.next, new Float64Array(capacity * NEXT_FIELDS));
    this.rulesGeneration = widened(this.rulesGeneration, new Int32Array(capacity));
    this.admittedBy = widened(this.admittedBy, new Int32Array(capacity));
  }
}

function widened<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
