/**
 * Many flows at a time, each with a pace and a lifetime of its own: flows stand in a timing wheel by the time of their next
 * packet, so what comes next costs the same however many there are.
 *
 * Flows begin evenly over the capture's packets, after a first crowd that is there at its start. Packets come in trains: half of
 * them follow the flow's last one at once. Memory: 32 bytes per flow.
 */
import { Conversations, Kind, KINDS } from './conversations.mjs';
import { Endpoints } from './endpoints.mjs';
import { putHeaders } from './frame.mjs';
import { pick } from './mixes.mjs';
import { shareOf, Stream } from './seeded.mjs';

/** Words of a flow's row; SENT is two, for Conversations. */
const Word = { NEXT: 0, STEP: 1, SIZE: 2, GAP: 3, KIND: 4, WRAP: 5, SENT: 6 };
const ROW_WORDS = 8;

const BUCKET_US = 100;
const BUCKETS = 1 << 18;
const LONGEST_GAP_US = (BUCKETS - 1) * BUCKET_US;
const HANDSHAKE_PACKETS = 6;
const HANDSHAKE_GAP_US = 20_000;
const TRAIN_SHARE = 0.5;
/** The first crowd has short flows too, so it must be larger than the flows that are to be there at a time. */
const CROWD_TIMES = 1.5;

const Purpose = { KIND: 30, WRAP: 31, SIZE: 32, LIFETIME: 33 };

export class MixedTraffic {
  startedCount = 0;
  /** Sum over packets of the flows under way: divided by the packets it is how many there are at a time. */
  activeSum = 0;
  vpnCounts = new Map();
  #plan;
  /** Flows that are there from the start. */
  #crowdCount;
  #file;
  #mix;
  #rows;
  #heads = new Int32Array(BUCKETS).fill(-1);
  /** When both ends of all sessions started, seconds since 1970: OpenVPN's replay time, which stays. */
  #startSeconds;
  #bucket = 0;
  #waitingCount = 0;
  #offered = 0;
  #ends;
  #talk;
  #stream;

  /** `plan`: packetCount, flowCount, concurrentCount, packetRate, seed, ipv6Share, startUs. */
  constructor(plan, mix, file) {
    this.#plan = plan;
    this.#startSeconds = Math.floor(plan.startUs / 1e6);
    this.#crowdCount = Math.min(plan.flowCount, Math.ceil(plan.concurrentCount * CROWD_TIMES));
    this.#mix = mix;
    this.#file = file;
    this.#rows = new Int32Array(plan.flowCount * ROW_WORDS);
    this.#ends = new Endpoints(plan.seed, plan.flowCount, plan.ipv6Share);
    this.#talk = new Conversations(plan.seed);
    this.#stream = new Stream(plan.seed);
  }

  /** Writes all packets. */
  run() {
    const { packetCount, flowCount } = this.#plan;
    const file = this.#file;
    while (file.packetCount < packetCount) {
      const arrived = (flowCount - this.#crowdCount) * (file.packetCount / packetCount);
      const due = Math.min(flowCount, Math.ceil(this.#crowdCount + arrived));
      while (this.startedCount < due) this.#start();
      if (this.#waitingCount === 0) {
        if (this.startedCount === flowCount) return;
        this.#start();
      }
      this.#runBucket(packetCount);
    }
  }

  /** Calls `visit` for every VPN flow that began, with its label. */
  visitLabels(visit) {
    for (let flow = 0; flow < this.startedCount; flow++) {
      const kind = KINDS[this.#rows[flow * ROW_WORDS + Word.KIND]];
      const sent = this.#rows[flow * ROW_WORDS + Word.STEP];
      if (kind.vpn === null || sent < kind.vpn.suspectedWith) continue;
      this.#chooseEnds(flow, kind);
      visit(kind, this.#ends, sent >= kind.vpn.confirmedWith ? 'confirmed' : 'suspected');
    }
  }

  /** Flows that began and are flows to Sluice: all but echo requests. */
  flowCount() {
    let count = 0;
    for (let flow = 0; flow < this.startedCount; flow++) {
      const row = flow * ROW_WORDS;
      if (this.#rows[row + Word.KIND] !== Kind.ICMP && this.#rows[row + Word.STEP] > 0) count++;
    }
    return count;
  }

  #start() {
    const { seed, packetCount, flowCount, concurrentCount, packetRate } = this.#plan;
    const flow = this.startedCount++;
    const row = flow * ROW_WORDS;
    const rows = this.#rows;
    const kind = pick(this.#mix.kinds, shareOf(seed, flow, Purpose.KIND));
    const left = Math.max(1, (this.#mix.offeredCount - this.#offered) / (flowCount - flow));
    const size = this.#mix.sizeOf(kind, left, shareOf(seed, flow, Purpose.SIZE));
    this.#offered += size;
    // So long do flows live on average that, as they come, `concurrentCount` are there at a time.
    const lifetimeUs = (((packetCount / packetRate) * concurrentCount) / flowCount) * 1e6;
    const share = 0.3 + 1.7 * shareOf(seed, flow, Purpose.LIFETIME);
    rows[row + Word.KIND] = kind;
    rows[row + Word.WRAP] = pick(this.#mix.wrappings, shareOf(seed, flow, Purpose.WRAP));
    rows[row + Word.SIZE] = size;
    rows[row + Word.GAP] = Math.min(LONGEST_GAP_US, Math.ceil((lifetimeUs * share * 2.2) / size));
    // The first crowd is spread over one lifetime's first tenth, as if it had come before.
    const isFirst = flow < this.#crowdCount;
    this.#schedule(flow, isFirst ? this.#stream.share() * lifetimeUs * 0.1 : this.#stream.share() * 1000);
  }

  #schedule(flow, delayUs) {
    const buckets = Math.min(BUCKETS - 1, 1 + Math.floor(delayUs / BUCKET_US));
    const index = (this.#bucket + buckets) & (BUCKETS - 1);
    this.#rows[flow * ROW_WORDS + Word.NEXT] = this.#heads[index];
    this.#heads[index] = flow;
    this.#waitingCount++;
  }

  #runBucket(packetCount) {
    const index = this.#bucket & (BUCKETS - 1);
    let flow = this.#heads[index];
    this.#heads[index] = -1;
    const startUs = this.#plan.startUs + this.#bucket * BUCKET_US;
    for (let i = 0; flow >= 0; i++) {
      const row = flow * ROW_WORDS;
      const next = this.#rows[row + Word.NEXT];
      this.#waitingCount--;
      if (this.#file.packetCount === packetCount) return;
      this.activeSum += this.#waitingCount;
      this.#write(flow, row, startUs + Math.min(i, BUCKET_US - 1));
      const step = this.#rows[row + Word.STEP];
      if (step < this.#rows[row + Word.SIZE]) this.#schedule(flow, this.#gapOf(row, step));
      flow = next;
    }
    this.#bucket++;
  }

  #gapOf(row, step) {
    const gap = this.#rows[row + Word.GAP];
    const draw = this.#stream.share();
    if (step < HANDSHAKE_PACKETS) return Math.min(gap, HANDSHAKE_GAP_US) * (0.5 + draw);
    return draw < TRAIN_SHARE ? draw * 400 : gap * 4 * (draw - TRAIN_SHARE) * 2;
  }

  #chooseEnds(flow, kind) {
    this.#ends.choose(flow, kind.port, kind.isFixed === true);
  }

  #write(flow, row, timeUs) {
    const rows = this.#rows;
    const file = this.#file;
    const talk = this.#talk;
    const ends = this.#ends;
    const code = rows[row + Word.KIND];
    const kind = KINDS[code];
    const step = rows[row + Word.STEP]++;
    this.#chooseEnds(flow, kind);
    talk.isIpv6 = ends.isIpv6;
    talk.plan(code, flow, step, rows[row + Word.SIZE], rows, row + Word.SENT);
    const { direction, length, tcp } = talk;
    const at = putHeaders(file.view, file.begin(), rows[row + Word.WRAP], ends, direction, kind.protocol, length, tcp);
    talk.fill(code, flow, step, rows, row + Word.SENT, file.bytes, file.view, at, this.#startSeconds);
    file.end(at + length, timeUs);
  }
}
