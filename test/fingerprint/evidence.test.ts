/** Evidence can be verified by hand: every row of every finding is read again from the capture's own bytes. */
import { describe, expect, it } from 'vitest';
import { CHECKS, Check } from '../../src/dataplane/host/checks.ts';
import { EVIDENCE_LIMIT, EvidenceLog } from '../../src/dataplane/host/evidence-log.ts';
import type { EvidenceEntry } from '../../src/dataplane/host/evidence-rows.ts';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { decode } from '../../src/dataplane/wire/decode.ts';
import { DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { Fragment, Transport } from '../../src/dataplane/host/packet-codes.ts';
import { PacketView } from '../../src/dataplane/wire/packet-view.ts';
import { TcpFlag } from '../../src/dataplane/wire/tcp.ts';
import { forEachBatch, paths, runCapture } from '../kit/capture-payloads.ts';
import { FlowProbe, type Step } from '../kit/flow-probe.ts';
import { saInit, saInitAnswer } from './ike-messages.ts';
import { esp } from '../kit/ipsec-packets.ts';
import { SeededRandom } from '../kit/random.mjs';
import { data2, session } from '../kit/openvpn-messages.ts';
import { cookieReply, initiation, response, transport } from './wireguard-messages.ts';

/** Bytes of a packet's payload, or of the stream of its direction, as far as they are in the capture. */
type OctetsOf = (packet: number) => Uint8Array;

/** One direction of a TCP connection, from its first byte on. */
interface Stream {
  readonly base: number;
  readonly octets: number[];
}

async function octetsOf(path: string): Promise<OctetsOf> {
  const payloads: (Uint8Array | Stream)[] = [new Uint8Array(0)];
  const streams = new Map<string, Stream>();
  const view = new PacketView();
  await forEachBatch(path, (batch) => {
    for (let row = 0; row < batch.count; row++) {
      view.begin(batch.data, batch.at[row]!, batch.capturedLength[row]!, batch.wireLength[row]!);
      const isWhole = decode(view, batch.linkType[row]!) === DecodeStatus.OK && view.fragment !== Fragment.LATER;
      if (!isWhole) payloads.push(new Uint8Array(0));
      else if (view.transport === Transport.TCP) payloads.push(addSegment(streams, view));
      else payloads.push(payloadOf(view));
    }
  });
  return (packet) => {
    const held = payloads[packet]!;
    return held instanceof Uint8Array ? held : Uint8Array.from(held.octets);
  };
}

function payloadOf(view: PacketView): Uint8Array {
  return new Uint8Array(view.data.buffer, view.data.byteOffset + view.payloadAt, view.payloadCaptured).slice();
}

/** Puts a segment in its stream: what came first stays. */
function addSegment(streams: Map<string, Stream>, view: PacketView): Stream {
  const isSyn = (view.tcpFlags & TcpFlag.SYN) !== 0;
  const first = (view.tcpSequence + (isSyn ? 1 : 0)) | 0;
  const { source0, source1, source2, source3, sourcePort } = view;
  const { destination0, destination1, destination2, destination3, destinationPort } = view;
  const from = [source0, source1, source2, source3, sourcePort];
  const key = [...from, destination0, destination1, destination2, destination3, destinationPort].join();
  let stream = streams.get(key);
  if (stream === undefined || isSyn) {
    stream = { base: first, octets: [] };
    streams.set(key, stream);
  }
  const at = (first - stream.base) | 0;
  for (const [i, octet] of payloadOf(view).entries()) if (at + i >= 0) stream.octets[at + i] ??= octet;
  return stream;
}

const FORMS = new Map(Object.values(CHECKS).map((form) => [form.name, form]));
const SIZES = { hex8: 1, hex32: 4, hex64: 8, number: 4 } as const;

/** Rows that say something of the packet's length, or of another packet, not of bytes at their place. */
const OF_LENGTH = ['ike-payloads', 'ike-trailing-zeros', 'openvpn-data-lengths', 'openvpn-record-length'];
const OF_ANOTHER_FLOW = ['tunnel-confirmed'];

/** What the bytes say in a row's place, as the row would show it. */
function readAgain(entry: EvidenceEntry, octets: Uint8Array): string {
  const { form } = FORMS.get(entry.check)!;
  const size = entry.check === 'openvpn-wrapped-key' ? 2 : SIZES[form];
  const found = Buffer.from(octets.subarray(entry.offset, entry.offset + size));
  if (form !== 'number') return `0x${found.toString('hex')}`;
  if (found.length < size) return 'cut off';
  if (entry.check === 'wireguard-counter-rises') return String(found.readUInt32LE());
  return String(size === 2 ? found.readUInt16BE() : found.readUInt32BE());
}

/** Expectations that no single row can be held against: they are about the packets before. */
const OF_THE_PACKETS_BEFORE = /^rising by at most (1|64|256|1024)$/;
const OF_AN_IKE_HEADER =
  'a next payload of its version, version 0x10 or 0x20 to 0x2f, a known exchange type, in version 0x10 known flags';

/** What is wrong with what a row says was expected, in the reader's own arithmetic; empty where what was seen is as expected. */
function flawOf({ check, expected, seen }: EvidenceEntry): string {
  if (typeof expected !== 'string' || typeof seen !== 'string') return 'not texts';
  const value = Number(seen);
  const wide = (text: string): bigint => BigInt(text);
  const [, from, to] = /^(0x[0-9a-f]+|\d+) to (0x[0-9a-f]+|\d+)$/.exec(expected) ?? [];
  const [, least, limit] = /^at least (\d+), less than (\d+)$/.exec(expected) ?? [];
  const [, slack, time] = /^within (\d+) s of the packet's time, (\d+)$/.exec(expected) ?? [];
  const [, one, other] = /^(\d+) or (\d+), the same for every packet$/.exec(expected) ?? [];
  const [, peer] = /^(0x[0-9a-f]{8}), with any key id$/.exec(expected) ?? [];
  const [, type, otherType] = /^(0x[0-9a-f]{2}) or (0x[0-9a-f]{2})$/.exec(expected) ?? [];
  const [, most] = /^at most (\d+)$/.exec(expected) ?? [];
  if (most !== undefined) return value <= Number(most) ? '' : 'more';
  if (OF_THE_PACKETS_BEFORE.test(expected)) return '';
  if (expected === OF_AN_IKE_HEADER) return /^0x[0-9a-f]{2}(10|2[0-9a-f])[0-9a-f]{4}$/.test(seen) ? '' : 'version';
  if (expected === 'the protocol of a sound inner packet') return value === 0 ? 'none' : '';
  if (expected === 'not zero') return wide(seen) === 0n ? 'zero' : '';
  if (from !== undefined) return wide(seen) >= wide(from) && wide(seen) <= wide(to!) ? '' : 'out of the range';
  if (least !== undefined) return value >= Number(least) && value < Number(limit) ? '' : 'out of the bounds';
  if (slack !== undefined) return Math.abs(value - Number(time)) <= Number(slack) ? '' : 'too far';
  if (type !== undefined) return [type, otherType].includes(seen) ? '' : 'neither';
  if (one !== undefined) return [one, other].includes(seen) ? '' : 'neither';
  if (peer !== undefined) return (value & 0xf8ffffff) === (Number(peer) & 0xf8ffffff) ? '' : 'another peer';
  return expected === seen ? '' : `${check} is another value`;
}

describe('evidence of the committed captures', () => {
  it('is what the bytes at its place say', async () => {
    const wrong: string[] = [];
    let rows = 0;
    for (const path of paths) {
      const { evidence } = await runCapture(path);
      const octets = await octetsOf(path);
      for (const { entries } of evidence) {
        expect(entries.length).toBeGreaterThan(0);
        expect(entries.length).toBeLessThanOrEqual(EVIDENCE_LIMIT);
        for (const entry of entries) {
          if (OF_LENGTH.includes(entry.check) || OF_ANOTHER_FLOW.includes(entry.check)) continue;
          rows++;
          const again = readAgain(entry, octets(entry.packet));
          if (again !== entry.seen) wrong.push(`${path}: ${JSON.stringify(entry)}: ${again}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(rows).toBeGreaterThan(3000);
  });

  it('is as it says was expected, in texts', async () => {
    const wrong: string[] = [];
    for (const path of paths) {
      for (const { entries } of (await runCapture(path)).evidence) {
        for (const entry of entries) {
          const flaw = flawOf(entry);
          if (flaw !== '') wrong.push(`${path}: ${JSON.stringify(entry)}: ${flaw}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is given back, with all state, when the flows have ended', async () => {
    for (const path of paths) {
      const { blocksLeft, rowsLeft } = await runCapture(path);
      expect([blocksLeft, rowsLeft], path).toEqual([0, 0]);
    }
  });
});

describe('evidence of payloads that begin later', () => {
  const noise = new SeededRandom(37);
  const peers = { initiator: noise.bytes(8), responder: noise.bytes(8) };
  const flows: readonly (readonly [string, readonly Step[]])[] = [
    [
      'wireguard',
      [
        [0, initiation(0x5a11ce01)],
        [1, response(0x7b0bb1e5, 0x5a11ce01)],
      ],
    ],
    [
      'wireguard with a cookie',
      [
        [0, initiation(0x5a11ce01)],
        [1, cookieReply(0x5a11ce01)],
      ],
    ],
    ['wireguard from the middle', Array.from({ length: 8 }, (_, i): Step => [0, transport(0x5a11ce01, i)])],
    [
      'ike',
      [
        [0, saInit(peers)],
        [1, saInitAnswer(peers)],
      ],
    ],
    ['esp', Array.from({ length: 8 }, (_, i): Step => [0, esp(0xc0de1234, i + 1)])],
    ['openvpn data', Array.from({ length: 8 }, (_, i): Step => [0, data2(3, i + 1)])],
    ...(['plain', 'tls-auth', 'tls-crypt', 'tls-crypt-v2'] as const).map((wrap) => [wrap, session(wrap)] as const),
  ];
  it.each(flows)('has offsets that count from where the transport’s own payload begins: %s', (_, steps) => {
    const offsets = [0, 10].map((evidenceOffset) => {
      const probe = new FlowProbe();
      probe.sendAll(steps, { evidenceOffset });
      return probe.entries.map(({ offset }) => offset);
    });
    expect(offsets[0]!.length).toBeGreaterThan(0);
    expect(offsets[1]).toEqual(offsets[0]!.map((offset) => offset + 10));
  });
});

describe('evidence of numbers that rise', () => {
  const rises = (framing: Framing): string[] => {
    const probe = new FlowProbe();
    for (let i = 0; i < 8; i++) probe.send(0, esp(0xc0de1234, i + 1), { framing });
    return probe.entries.filter(({ check }) => check === 'esp-sequence-rises').map(({ expected }) => expected);
  };

  it('says by how much the fingerprint lets them rise', () => {
    expect(rises(Framing.DATAGRAM)).toEqual(['rising by at most 64']);
    expect(rises(Framing.ESP)).toEqual(['rising by at most 1024']);
  });
});

describe('the log of evidence', () => {
  it('keeps the first rows of a chain, and no more than its limit', () => {
    const log = new EvidenceLog();
    log.select(0);
    for (let i = 0; i < 3 * EVIDENCE_LIMIT; i++) log.note(i, Check.IKE_LENGTH, i, 0, i);
    expect(log.entries(log.head).map(({ packet }) => packet)).toEqual(
      Array.from({ length: EVIDENCE_LIMIT }, (_, i) => i),
    );
    log.release(log.head);
    expect(log.count).toBe(0);
  });

  it('goes on with the chain that was selected', () => {
    const log = new EvidenceLog();
    const heads = [0, 0, 0];
    for (let i = 0; i < 9; i++) {
      log.select(heads[i % 3]!);
      log.note(i, Check.IKE_LENGTH, 0, 0, i);
      heads[i % 3] = log.head;
    }
    expect(heads.map((head) => log.entries(head).map(({ seen }) => seen))).toEqual([
      ['0', '3', '6'],
      ['1', '4', '7'],
      ['2', '5', '8'],
    ]);
    for (const head of heads) log.release(head);
    expect(log.count).toBe(0);
  });

  it('names its checks once each', () => {
    const names = Object.values(CHECKS).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
