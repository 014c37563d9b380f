/** When lines of JSON could be read, against the time of the packet that each names as its `timestamp`. */

const LINE_BREAK = 10;
const START = Buffer.from('{"timestamp":"');
const TIME_LENGTH = '2024-11-10T18:00:00.123456Z'.length;
const DECISION = Buffer.from('"event_type":"decision"');

export class LineTimes {
  delaysMs = [];
  isMeasuring = false;
  rest = Buffer.alloc(0);
  minute = '';
  minuteMs = 0;

  constructor(stream) {
    stream.on('data', (chunk) => this.take(chunk));
  }

  begin() {
    this.isMeasuring = true;
  }

  end() {
    this.isMeasuring = false;
  }

  get count() {
    return this.delaysMs.length;
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
    this.delaysMs.push(now - this.timeMs(octets.latin1Slice(timeAt, timeAt + TIME_LENGTH)));
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

  /** By name: p50 and so on for the shares, and the extremes. */
  distribution(shares) {
    const sorted = Float64Array.from(this.delaysMs).sort();
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
    const entries = shares.map((share) => [`p${Number((share * 100).toFixed(1))}`, at(share)]);
    return Object.fromEntries([['min', at(0)], ...entries, ['max', at(1)]]);
  }
}
