/**
 * The built program (dist/) as the fuzzer uses it: captures from bytes, and the whole engine with the real rules over
 * batches, on the release build of the dataplane or on the debug build. What is looked at beside the public methods (pools)
 * is named here and nowhere else.
 */
import { fileURLToPath } from 'node:url';
import { NO_FAULT } from '../../dist/capture/capture-end.js';
import { captureOf } from '../../dist/capture/format/open-capture.js';
import { PacketBatch } from '../../dist/capture/packet-batch.js';
import { requireRules } from '../../dist/rules/load-rules.js';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../../dist/rules/example-rules.js';
import { AssemblyTracker } from '../../dist/dataplane/host/assembly-tracker.js';
import { Session } from '../../dist/pipeline/session.js';
import { EventLines } from '../../dist/output/event/event-line.js';
import { showAddresses } from '../../dist/output/event/shown-address.js';
import { debugDataplane } from './debug-dataplane.mjs';
import { staleStreams } from './stale-streams.mjs';

export { PacketBatch };
export { faultName } from '../../dist/capture/capture-end.js';
export { CaptureFault } from '../../dist/capture/packet-source.js';
export { DECODE_STATUS_NAMES } from '../../dist/dataplane/host/decode-status.js';
export { VARIANT_NAMES } from '../../dist/dataplane/host/finding.js';
export { CHECKS } from '../../dist/dataplane/host/checks.js';

/** Bytes as an input that hands out at most `mostAtOnce` at a time, and counts how often it was asked. */
class OctetsInput {
  end = NO_FAULT;
  reads = 0;
  #octets;
  #mostAtOnce;
  #at = 0;

  constructor(octets, mostAtOnce) {
    this.#octets = octets;
    this.#mostAtOnce = mostAtOnce;
  }

  read(target, at, length) {
    this.reads++;
    const count = Math.min(length, this.#mostAtOnce, this.#octets.length - this.#at);
    target.set(this.#octets.subarray(this.#at, this.#at + count), at);
    this.#at += count;
    return Promise.resolve(count);
  }

  close() {
    return Promise.resolve();
  }
}

/** Reads a capture and shows each batch; resolves to how it ended and how often the input was asked. */
export async function readCapture(octets, { mostAtOnce = Infinity, ...options }, onBatch) {
  const input = new OctetsInput(octets, mostAtOnce);
  const capture = captureOf('input', input, options);
  const batch = new PacketBatch();
  while (await capture.read(batch)) onBatch(batch);
  const { end } = capture;
  await capture.close();
  return { end, reads: input.reads };
}

/** Frames of a capture (see damage-frame.mjs). */
export async function readFrames(octets) {
  const frames = [];
  await readCapture(octets, {}, (batch) => {
    for (let row = 0; row < batch.count; row++) {
      const bytes = Buffer.from(new Uint8Array(batch.data.buffer, batch.at[row], batch.capturedLength[row]));
      const time = BigInt(Math.floor(batch.timeUs[row])) * 1000n;
      frames.push({ time, bytes, original: batch.wireLength[row], link: batch.linkType[row] });
    }
  });
  return frames;
}

const { policy: defaultPolicy, registry } = await requireRules({ policy: DEFAULT_POLICY, registry: DEFAULT_REGISTRY });
const { policy: fuzzPolicy } = await requireRules({
  policy: fileURLToPath(new URL('policy.yaml', import.meta.url)),
  registry: DEFAULT_REGISTRY,
});
const POLICIES = [defaultPolicy, fuzzPolicy];
const CAPACITIES = [4096, 3, 40];

/** Tables are kept and used again, as `replay --each` does: what a run leaves in one must not show in the next. */
const states = new Map();

/** What runs of one name use in turn, as `replay --each` does: made again where the run before left something behind. */
function stateOf(capacity, name, isDebug) {
  const key = `${capacity} ${name}`;
  const before = states.get(key);
  if (before !== undefined && before.tracker.table.activeCount + before.session.controller.tunnels.count === 0)
    return before;
  const debug = isDebug ? debugDataplane() : undefined;
  const tracker = new AssemblyTracker(capacity, undefined, undefined, debug?.dataplane);
  const state = { tracker, session: new Session(tracker), reads: debug?.reads };
  states.set(key, state);
  return state;
}

/** The engine over one capture, with all that it says. Runs of equal `variant` have equal rules and table sizes. */
export class EngineRun {
  lines = [];
  decisions;
  outcomes = 0;
  #tunnels;
  #session;

  /** `isDebug`: on the debug build, which refuses an access outside a region or a packet. */
  constructor(name, variant, isDebug = false) {
    const policy = POLICIES[variant % POLICIES.length];
    const { tracker, session, reads } = stateOf(CAPACITIES[variant % CAPACITIES.length], name, isDebug);
    this.name = name;
    this.table = tracker.table;
    this.reads = reads;
    const events = new EventLines(showAddresses('plain'), {
      policy: { name: policy.name, sha256: policy.sha256 },
      registry: { sha256: registry.sha256 },
    });
    const sink = {
      decided: (flow, decision, timeUs, packet) => {
        this.lines.push(events.decision('input', flow, decision, timeUs, packet));
      },
      ended: (flow, decision, reason) => {
        this.lines.push(events.flow('input', flow, decision, reason));
      },
    };
    const packets = {
      packet: (batch, row, outcome, delayUs) => {
        this.outcomes = (Math.imul(this.outcomes, 31) + outcome * 7 + Math.floor(delayUs)) | 0;
      },
    };
    this.#tunnels = session.controller.tunnels;
    this.tracker = tracker;
    this.#session = session;
    this.decisions = session.begin({ policy, registry, mode: 'enforce' }, { sink, packetSink: packets });
    this.counters = session.counters;
  }

  /** Leaves in the memory where TCP streams are put together what connections before would have left. */
  static async soilStreams(name, variant, value) {
    const run = new EngineRun(name, variant);
    await readCapture(staleStreams(value), {}, (batch) => {
      run.process(batch);
    });
    run.finish();
  }

  /** Where captures may be read into, so that their records are walked by the same build. */
  get memory() {
    return this.tracker.records;
  }

  process(batch) {
    this.#session.process(batch);
  }

  finish() {
    this.#session.finish();
  }

  /** Throws where a structure of the engine is broken. */
  checkInvariants() {
    this.tracker.checkInvariants();
    this.decisions.checkInvariants();
  }

  /** Drops a run that has failed, and the table with it. */
  forget() {
    for (const [key, { tracker }] of states) if (tracker === this.tracker) states.delete(key);
  }

  /** Everything that came of the run, as text: equal for equal runs. */
  get result() {
    const { counters } = this;
    const columns = [counters.notDecoded, counters.flowsEnded, counters.outcomePackets, counters.outcomeBytes];
    const shown = { ...counters, notDecoded: null, flowsEnded: null, outcomePackets: null, outcomeBytes: null };
    return `${this.lines.join('')}${JSON.stringify(shown)}${columns.map((column) => column.join()).join(';')};${this.outcomes}`;
  }

  /**
   * What is held now, by name; all zero after `finish`. Buckets of throttles that outlive their flows do not count. What the dataplane
   * holds beside its flows is an invariant of its own.
   */
  get held() {
    const { buckets } = this.decisions.buckets;
    return {
      flows: this.table.activeCount,
      buckets: buckets.count - buckets.idle.size,
      tunnels: this.#tunnels.count,
      tunnelKeys: this.#tunnels.keys.count.reduce((sum, count) => sum + count, 0),
      decisions: this.decisions.decisionTable.count,
    };
  }
}
