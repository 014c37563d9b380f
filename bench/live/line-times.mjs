/**
 * When lines of JSON could be read, against the time of the packet that each names as its `timestamp`: a histogram to a tenth of a
 * millisecond, so that an hour takes as much memory as a minute.
 */

const LINE_BREAK = 10;
const START = Buffer.from('{"timestamp":"');
const TIME_LENGTH = '2024-11-10T18:00:00.123456Z'.length;
const DECISION = Buffer.from('"event_type":"decision"');
const PER_MS = 10;
/** Longer ones count as this. */
const LONGEST_MS = 60_000;

export class LineTimes {
  /** Decisions by delay, in tenths of a millisecond. */
  counts = new Float64Array(LONGEST_MS * PER_MS + 1);
  count = 0;
  longestMs = 0;
  isMeasuring = false;
  rest = Buffer.alloc(0);
  minute = '';
  minuteMs = 0;

  constructor(stream) {
    stream.on('data', (chunk) => this.take(chunk));
  }

  /** What was counted before is forgotten. */
  begin() {
    this.counts.fill(0);
    this.count = 0;
    this.longestMs = 0;
    this.isMeasuring = true;
  }

  end() {
    this.isMeasuring = false;
  }

  take(chunk) {
    // One look at the clock for all lines of a chunk: they can be read at the same time.
    const now = performance.timeOrigin + performance.now();
    const octets = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    for (let end = octets.indexOf(LINE_BREAK); end !== -1; end = octets.indexOf(LINE_BREAK, at)) {
      if (this.isMeasuring) this.measure(octets, at, now);
      at = end + 1;
    }
    this.rest = Buffer.from(octets.subarray(at));
  }

  measure(octets, at, now) {
    const timeAt = at + START.length;
    const typeAt = timeAt + TIME_LENGTH + 2;
    if (octets.compare(DECISION, 0, DECISION.length, typeAt, typeAt + DECISION.length) !== 0) return;
    const delayMs = now - this.timeMs(octets.latin1Slice(timeAt, timeAt + TIME_LENGTH));
    this.counts[Math.min(LONGEST_MS * PER_MS, Math.max(0, Math.floor(delayMs * PER_MS)))]++;
    this.count++;
    if (delayMs > this.longestMs) this.longestMs = delayMs;
  }

  /** Milliseconds since 1970 of a time with microseconds. */
  timeMs(text) {
    const minute = text.slice(0, 16);
    if (minute !== this.minute) {
      this.minute = minute;
      this.minuteMs = Date.parse(`${minute}:00Z`);
    }
    return this.minuteMs + Number(text.slice(17, 26)) * 1000;
  }

  /** By name, in milliseconds: min, p50 and so on for the shares, max. NaN where there was no line. */
  distribution(shares) {
    const entries = shares.map((share) => [`p${Number((share * 100).toFixed(1))}`, this.at(share)]);
    return Object.fromEntries([['min', this.at(0)], ...entries, ['max', this.count === 0 ? NaN : this.longestMs]]);
  }

  /** The delay up to which a share of all lines lies. */
  at(share) {
    const wanted = Math.max(1, Math.ceil(this.count * share));
    let sum = 0;
    for (const [tenths, count] of this.counts.entries()) {
      sum += count;
      if (sum >= wanted) return (tenths + 1) / PER_MS;
    }
    return NaN;
  }
}
