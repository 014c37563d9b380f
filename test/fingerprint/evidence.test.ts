/** Evidence can be verified by hand: every row of every finding is read again from the capture's own bytes. */
import { beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/dataplane/host/checks.ts';
import type { EvidenceEntry } from '../../src/dataplane/host/evidence-rows.ts';
import { Framing } from '../../src/dataplane/host/framing.ts';
import type { LinearView } from '../../src/dataplane/host/linear-view.ts';
import { DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { Fragment, Transport } from '../../src/dataplane/host/packet-codes.ts';
import { type CaptureRun, forEachPacket, paths, runCapture } from '../kit/capture-payloads.ts';
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
  await forEachPacket(path, (status, { view, payload }) => {
    const isWhole = status === DecodeStatus.OK && view.fragment !== Fragment.LATER;
    if (!isWhole) payloads.push(new Uint8Array(0));
    else payloads.push(view.transport === Transport.TCP ? addSegment(streams, view, payload) : payload.slice());
  });
  return (packet) => {
    const held = payloads[packet]!;
    return held instanceof Uint8Array ? held : Uint8Array.from(held.octets);
  };
}

/** RFC 9293 section 3.1. */
const SYN = 2;

/** Puts a segment in its stream: what came first stays. */
function addSegment(streams: Map<string, Stream>, view: LinearView, payload: Uint8Array): Stream {
  const isSyn = (view.tcpFlags & SYN) !== 0;
  const first = (view.tcpSequence + (isSyn ? 1 : 0)) | 0;
  const key = [view.source, view.sourcePort, view.destination, view.destinationPort].join();
  let stream = streams.get(key);
  if (stream === undefined || isSyn) {
    stream = { base: first, octets: [] };
    streams.set(key, stream);
  }
  const at = (first - stream.base) | 0;
  for (const [i, octet] of payload.entries()) if (at + i >= 0) stream.octets[at + i] ??= octet;
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

/** Rows that a finding shows at most. */
const EVIDENCE_LIMIT = 12;

describe('evidence of the committed captures', () => {
  const runs = new Map<string, CaptureRun>();
  beforeAll(async () => {
    for (const path of paths) runs.set(path, await runCapture(path));
  });

  it('is what the bytes at its place say', async () => {
    const wrong: string[] = [];
    let rows = 0;
    for (const [path, { evidence }] of runs) {
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

  it('is as it says was expected, in texts', () => {
    const wrong: string[] = [];
    for (const [path, { evidence }] of runs) {
      for (const { entries } of evidence) {
        for (const entry of entries) {
          const flaw = flawOf(entry);
          if (flaw !== '') wrong.push(`${path}: ${JSON.stringify(entry)}: ${flaw}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is given back, with all state, when the flows have ended', async () => {
    for (const path of paths) await expect(runCapture(path, 200)).resolves.toBeDefined();
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
