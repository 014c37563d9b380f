/** The compiled set of fingerprints and its checks against the oracle: captures, the corpus, sessions with mutated and random bytes. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { looksRandom } from '../../src/core/randomness.ts';
import { Counters } from '../../src/dataplane/host/counters.ts';
import { takeDatagram } from '../../src/dataplane/datagram.ts';
import { NO_FINDING } from '../../src/dataplane/host/finding.ts';
import * as records from '../../src/dataplane/fingerprint/first-records.ts';
import { RETIRED } from '../../src/dataplane/host/holder.ts';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { Payload } from '../../src/dataplane/fingerprint/payload.ts';
import { opensSession } from '../../src/dataplane/fingerprint/session-opening.ts';
import { Shortfall } from '../../src/dataplane/host/shortfall.ts';
import { isSessionData, transportReceiver } from '../../src/dataplane/fingerprint/wireguard.ts';
import { FlowTable } from '../../src/dataplane/flow/flow-table.ts';
import { LocalTracker } from '../../src/dataplane/local-tracker.ts';
import type { TrackerListener } from '../../src/dataplane/host/tracker.ts';
import { PacketView } from '../../src/dataplane/wire/packet-view.ts';
import { Transport } from '../../src/dataplane/host/packet-codes.ts';
import { nextPreface, prefaceStep, socks5UdpHeaderLength } from '../../src/dataplane/wire/proxy-preface.ts';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { paths } from '../kit/capture-payloads.ts';
import { START_SECONDS, type Step } from '../kit/flow-probe.ts';
import { poisoned } from '../kit/guarded-bytes.ts';
import { data1, data2, session } from '../kit/openvpn-messages.ts';
import { SeededRandom } from '../kit/random.mjs';
import { readPage } from '../kit/vector-pages.ts';
import { ike, mutated, originals, wireguard } from '../fingerprint/mutated-payloads.ts';
import { ByteChecks, type FingerprintCall } from './byte-checks.ts';
import { compiled } from './compiled.ts';
import { MirroredFingerprints } from './mirrored-fingerprints.ts';

const corpus = resolve(import.meta.dirname, '../../../shared/corpus/captures');
const isCorpusPresent = existsSync(corpus);
if (!isCorpusPresent) console.warn('../shared/corpus is not there: its captures are not compared');

const noise = new SeededRandom(1611);
const table = new FlowTable(20_000);

/** assembly/fingerprint/fingerprint-set. */
const BLOCKS_TO_A_CHUNK = 8192;

const QUIET: TrackerListener = {
  wantsAllFlowEnds: false,
  onDetection: () => undefined,
  wantsFlowEnd: () => false,
  ended: () => undefined,
  packet: () => undefined,
  batchDone: () => undefined,
  noChangeUntil: (timeUs) => timeUs,
};

async function checks(build: 'release' | 'debug' = 'release'): Promise<ByteChecks> {
  return new ByteChecks(await compiled<FingerprintCall>('fingerprint', build));
}

/** Tracks a capture with both sets; packets are cut to `snapLength`. */
async function track(fingerprints: MirroredFingerprints, path: string, snapLength: number): Promise<void> {
  const tracker = new LocalTracker(table, undefined, fingerprints);
  tracker.begin(QUIET, new Counters());
  let packets = 0;
  const batch = new PacketBatch();
  const capture = openCapture(path);
  while (await capture.read(batch)) {
    for (let row = 0; row < batch.count; row++)
      batch.capturedLength[row] = Math.min(batch.capturedLength[row]!, snapLength);
    tracker.track(batch, packets);
    packets += batch.count;
  }
  await capture.close();
  tracker.finish();
}

interface ProbedFlow {
  handle: number;
  finding: number;
  evidence: number;
}

const payload = new Payload();

/** Flows of steps, interleaved: each step of a flow may be changed, cut, moved in time; flows end, or leave inspection, at any point. */
function interleave(
  fingerprints: MirroredFingerprints,
  packets: number,
  flowCount = 64,
  each = (): unknown => 0,
): void {
  const sessions: readonly (readonly Step[])[] = [
    wireguard,
    ike,
    session('plain'),
    session('tls-auth', 64),
    session('tls-auth', 20),
    session('tls-crypt'),
    session('tls-crypt-v2'),
    originals,
    Array.from({ length: 60 }, (_, i): Step => [i % 3 === 0 ? 1 : 0, data2(i % 5 === 0 ? 0 : 3, i + 1)]),
    Array.from({ length: 60 }, (_, i): Step => [(i >> 1) & 1 ? 1 : 0, data1(i + 1)]),
    Array.from({ length: 60 }, (_, i): Step => [i & 1 ? 1 : 0, noise.bytes(28 + 4 * noise.below(40))]),
  ];
  const framings = Object.values(Framing);
  const flows: (ProbedFlow & { steps: readonly Step[]; next: number; framing: number; change: number })[] = [];
  const begin = (): (typeof flows)[number] => ({
    ...{ handle: 0, finding: NO_FINDING, evidence: 0, next: 0 },
    steps: noise.pick(sessions),
    framing: noise.chance(0.6) ? Framing.DATAGRAM : noise.pick(framings),
    change: noise.pick([0, 0, 0.05, 0.3, 1]),
  });
  for (let i = 0; i < flowCount; i++) flows.push(begin());
  let timeUs = START_SECONDS * 1e6;
  for (let packet = 1; packet <= packets; packet++) {
    const at = noise.below(flows.length);
    const flow = flows[at]!;
    const [way, original] = flow.steps[flow.next++ % flow.steps.length]!;
    const bytes = noise.chance(flow.change) ? mutated(original) : original;
    const captured = noise.chance(0.15) ? noise.below(bytes.length + 1) : bytes.length;
    const isNative = flow.framing === Framing.ESP || flow.framing === Framing.AH;
    timeUs += noise.below(noise.chance(0.02) ? 9e6 : 3000);
    if (captured > 0 && (!isNative || captured >= 12)) {
      const { data, at: first } = poisoned(bytes, captured, 0xa5);
      Object.assign(payload, { data, at: first, captured, packet, timeUs, framing: flow.framing, direction: way });
      payload.length = bytes.length + (captured < bytes.length || noise.chance(0.95) ? 0 : noise.below(2000));
      payload.evidenceOffset = flow.framing === Framing.OPENVPN_RECORD ? noise.word() >>> 0 : 0;
      flow.handle = fingerprints.observe(payload, flow.handle, flow.finding, flow.evidence);
      flow.finding = fingerprints.finding;
      flow.evidence = fingerprints.evidence;
      if (noise.chance(0.002)) {
        flow.handle = fingerprints.retire(flow.handle);
        flow.evidence = fingerprints.evidence;
      }
    }
    each();
    const isOver = flow.handle === RETIRED ? noise.chance(0.1) : noise.chance(0.005);
    if (!isOver) continue;
    fingerprints.release(flow.handle, flow.evidence);
    flows[at] = begin();
  }
  for (const flow of flows) fingerprints.release(flow.handle, flow.evidence);
}

describe('the compiled set of fingerprints', () => {
  it('says of every committed capture what the oracle says, whole and cut', async () => {
    const all = await checks();
    const fingerprints = new MirroredFingerprints(all);
    for (const path of paths) {
      await track(fingerprints, path, Infinity);
      await track(fingerprints, path, 68);
    }
    expect([fingerprints.blockCount, fingerprints.evidenceLog.count, all.exports.brokenGuard()]).toEqual([0, 0, -1]);
    expect([fingerprints.looks > 10_000, fingerprints.rows > 1000]).toEqual([true, true]);
  });

  it.skipIf(!isCorpusPresent)('says of the public corpus what the oracle says', async () => {
    const all = await checks();
    const fingerprints = new MirroredFingerprints(all);
    for (const path of (await listCaptures([corpus])).paths) {
      await track(fingerprints, path, Infinity);
    }
    expect(all.exports.brokenGuard()).toBe(-1);
    expect(fingerprints.looks).toBeGreaterThan(10_000);
  });

  it('says the same of interleaved flows with changed, cut and random bytes', async () => {
    const all = await checks();
    const fingerprints = new MirroredFingerprints(all);
    interleave(fingerprints, 120_000);
    expect([fingerprints.blockCount, fingerprints.evidenceLog.count, all.exports.brokenGuard()]).toEqual([0, 0, -1]);
    expect(fingerprints.rows).toBeGreaterThan(10_000);
  });

  it('says the same of more flows than one chunk of memory holds', async () => {
    const all = await checks();
    const fingerprints = new MirroredFingerprints(all);
    let most = 0;
    interleave(fingerprints, 100_000, 24_000, () => (most = Math.max(most, fingerprints.blockCount)));
    expect([fingerprints.blockCount, fingerprints.evidenceLog.count, all.exports.brokenGuard()]).toEqual([0, 0, -1]);
    expect(most).toBeGreaterThan(BLOCKS_TO_A_CHUNK);
  });

  it('records every look of a trace as the oracle has it', async () => {
    const all = await checks();
    interleave(new MirroredFingerprints(all, true), 30_000);
    for (const path of paths.slice(0, 40)) await track(new MirroredFingerprints(await checks(), true), path, Infinity);
    expect(all.exports.brokenGuard()).toBe(-1);
  });

  it('reads nothing beyond a payload and writes nothing outside its regions', async () => {
    const all = await checks('debug');
    const fingerprints = new MirroredFingerprints(all);
    interleave(fingerprints, 8000);
    for (const path of paths.slice(0, 10)) await track(fingerprints, path, 68);
    expect(fingerprints.looks).toBeGreaterThan(5000);
  });
});

describe('the compiled checks of bytes', () => {
  it.each([
    ['release', 60_000],
    ['debug', 6000],
  ] as const)('answer as those of the oracle (%s)', async (build, rounds) => {
    const all = await checks(build);
    for (let round = 0; round < rounds; round++) lookAt(all, someBytes());
  });

  it('read what a client and a proxy say first as the oracle does', async () => {
    const vectors = readPage('proxy-preface');
    for (const build of ['release', 'debug'] as const) {
      const all = await checks(build);
      for (let round = build === 'release' ? 30_000 : 3000; round > 0; round--) {
        const { bytes } = noise.pick(vectors);
        const whole = noise.chance(0.3) ? bytes : mutated(bytes);
        const start = noise.chance(0.7) ? 0 : noise.below(whole.length + 1);
        lookAtStart(all, whole.subarray(start), noise.below(2), noise.chance(0.5));
      }
    }
  });
});

/** The beginning of a session, of a record, of a preface; or random bytes. */
function someBytes(): Uint8Array {
  if (noise.chance(0.3)) return noise.bytes(noise.below(200));
  const [, original] = noise.pick(originals);
  const bytes = noise.chance(0.4) ? original : mutated(original);
  if (noise.chance(0.5)) return bytes;
  const { length } = bytes;
  const record = new Uint8Array(length + 2 + noise.below(20));
  record.set([length >> 8, length & 255]);
  record.set(bytes, 2);
  return record;
}

function lookAt(all: ByteChecks, bytes: Uint8Array): void {
  const captured = noise.chance(0.7) ? bytes.length : noise.below(bytes.length + 1);
  const { data, at } = poisoned(bytes, captured, noise.word() & 255);
  const { length } = bytes;
  Object.assign(payload, { data, at, captured, length });
  const expected = [
    opensSession(data, at, captured, length),
    records.beginsWithControl(data, at, captured, length),
    records.isMadeOfRecords(data, at, captured, length),
    records.isRecordStart(data, at, captured),
    records.openingRecord(data, at, captured),
    records.recordLength(data, at, captured, records.StreamPhase.OPENVPN_RECORDS),
    records.recordLength(data, at, captured, records.StreamPhase.IKE_RECORDS),
    isSessionData(data, at, captured),
    transportReceiver(payload),
    looksRandom(data, at, captured),
    looksRandom(data, at, captured, 8),
    socks5UdpHeaderLength(data, at, captured),
  ].map(Number);
  const place = all.place(data, at, captured);
  all.exports.look(place, captured, length);
  expectEqual(all.results(expected.length), expected, bytes);
  const word = [0, 1, 2, 3].reduce((sum, i) => (sum << 8) | (i < captured ? data.getUint8(at + i) : 0), 0);
  const isOpening =
    records.openingRecord(data, at, captured) !== records.Opening.NOTHING || records.isRecordStart(data, at, captured);
  const [reason, seen] = isOpening ? [Shortfall.STREAM_INCOMPLETE, captured] : [Shortfall.STREAM_OPENING, word];
  all.exports.traceSegment();
  expectEqual(all.traceRecord(), [reason, 0, 0, 0, 0, seen], bytes);
  lookAtDatagram(all, data, at, captured, length);
}

const view = new PacketView();

function lookAtDatagram(all: ByteChecks, data: DataView, at: number, captured: number, length: number): void {
  const transport = noise.pick([Transport.UDP, Transport.UDP, Transport.ESP, Transport.AH]);
  Object.assign(view, { data, payloadAt: at, payloadCaptured: captured, payloadLength: length, transport });
  takeDatagram(view, payload);
  const place = all.place(data, at, captured);
  all.exports.datagram(place, captured, length, transport);
  const moved = place + payload.at - at;
  const expected = [moved, payload.captured, payload.length, payload.evidenceOffset, payload.framing];
  expectEqual(all.results(5), expected, new Uint8Array(data.buffer));
}

function lookAtStart(all: ByteChecks, bytes: Uint8Array, phase: number, isClient: boolean): void {
  const { length } = bytes;
  const { data, at } = poisoned(bytes, length, noise.word() & 255);
  const step = prefaceStep(data, at, length, phase, isClient);
  const next = nextPreface;
  const opening = records.opening(data, at, length, phase, isClient);
  all.exports.lookAtStart(all.place(data, at, length), length, phase, Number(isClient));
  const expected = [step, next, opening];
  if (opening === records.Opening.PREFACE) expected.push(records.prefaceLength);
  expectEqual(all.results(expected.length), expected, bytes);
}

function expectEqual(seen: readonly number[], expected: readonly number[], bytes: Uint8Array): void {
  if (seen.join() === expected.join()) return;
  throw new Error(`${expected.join(' ')} and not ${seen.join(' ')} for ${Buffer.from(bytes).toString('hex')}`);
}
