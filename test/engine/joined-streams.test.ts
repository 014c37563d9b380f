/** OpenVPN over TCP connections that were joined in the middle, or are cut by a snap length; and what only looks like it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  findingStage,
  findingVariant,
  NO_FINDING,
  STAGE_NAMES,
  VARIANT_NAMES,
} from '../../src/dataplane/host/finding.ts';
import { type CaptureRun, runCapture } from '../kit/capture-payloads.ts';
import { only, START_SECONDS, type Step } from '../kit/flow-probe.ts';
import { concat, u16, u32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';
import {
  ACK,
  blockData,
  clientHello,
  CONTROL,
  data1,
  data2,
  epochData,
  serverHello,
  session,
  Side,
  SOFT_RESET,
  type Wrap,
} from '../kit/openvpn-messages.ts';
import { opened, packets, records, type Segment, segmented } from './tcp-talk.ts';
import { writeCapture } from './wireguard-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'joined-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const noise = new SeededRandom(61);
let written = 0;

/** Replays the segments, of which `snapLength` bytes of each frame are there. Whatever is found, nothing is held after it: runCapture looks. */
async function run(segments: readonly Segment[], snapLength = Infinity): Promise<CaptureRun> {
  const path = writeCapture(join(folder, `${written++}.pcap`), packets(segments));
  return runCapture(path, snapLength);
}

async function foundIn(segments: readonly Segment[], snapLength = Infinity): Promise<string> {
  const { evidence } = await run(segments, snapLength);
  const findings = evidence.map(({ finding }) => finding).filter((finding) => finding !== NO_FINDING);
  return (
    findings.map((one) => `${VARIANT_NAMES[findingVariant(one)]} ${STAGE_NAMES[findingStage(one)]}`).join() || 'none'
  );
}

/** `each` records of both directions in turn. */
function exchange(each: number, packet: (way: 0 | 1, number: number) => Uint8Array): Step[] {
  return Array.from({ length: each }, (_, i): Step[] => [
    [0, packet(0, i)],
    [1, packet(1, i)],
  ]).flat();
}

const WRAPS = ['plain', 'tls-auth', 'tls-crypt'] as const;
const SIZES = [1460, 300, 88, 40, 7, 3];

describe('a connection joined after the resets', () => {
  it.each(WRAPS)('is confirmed by its control and ACK records, %s, in segments of any size', async (wrap) => {
    const steps = records(session(wrap, 20).slice(2));
    for (const size of SIZES) expect(await foundIn(segmented(steps, size)), String(size)).toBe(`${wrap} confirmed`);
    expect(await foundIn(segmented(steps, 100, true))).toBe(`${wrap} confirmed`);
  });

  it.each(WRAPS)('is suspected from one direction, %s', async (wrap) => {
    const client = new Side(wrap);
    const steps = Array.from({ length: 5 }, (): Step => [
      0,
      client.control(CONTROL, [], noise.bytes(8), noise.bytes(200)),
    ]);
    client.control(CONTROL, [], noise.bytes(8));
    const later = records(steps.slice(1));
    for (const size of SIZES) expect(await foundIn(segmented(later, size)), String(size)).toBe(`${wrap} suspected`);
  });

  it('is found where its sequence numbers pass zero', async () => {
    const steps = records(session('tls-crypt').slice(2));
    expect(await foundIn(segmented(steps, 88, false, [2 ** 32 - 200, 2 ** 32 - 1]))).toBe('tls-crypt confirmed');
  });

  it('is found again after segments that were lost, and where segments come twice or change places', async () => {
    const steps = records(session('plain').slice(2));
    const all = segmented(steps, 100);
    expect(await foundIn(all.filter((_, i) => i !== 3))).toBe('plain confirmed');
    expect(await foundIn(all.flatMap((segment) => [segment, segment]))).toBe('plain confirmed');
    const swapped = [...all];
    for (let i = 4; i + 1 < swapped.length; i += 2) [swapped[i], swapped[i + 1]] = [swapped[i + 1]!, swapped[i]!];
    expect(await foundIn(swapped)).toBe('plain confirmed');
  });

  it('is confirmed by a rekey after data', async () => {
    const [client, server] = [new Side('tls-auth'), new Side('tls-auth')];
    const nothing = new Uint8Array(0);
    const steps: Step[] = [
      ...exchange(20, (way, i) => data2(2, 500 + 90 * way + i, 900)),
      [0, client.control(SOFT_RESET, [], server.session, nothing, 1)],
      [0, data2(2, 520, 900)],
      [1, server.control(SOFT_RESET, [0], client.session, nothing, 1)],
    ];
    for (const size of [1460, 700, 88]) {
      expect(await foundIn(segmented(records(steps), size, true)), String(size)).toBe('tls-auth confirmed');
    }
  });

  it('shows evidence at its place in the stream, counted from the first byte that was captured', async () => {
    const steps = records(session('plain').slice(2));
    const stream = [0, 1].map((way) => concat(...only(way as 0 | 1, steps).map(([, bytes]) => bytes)));
    for (const size of [1460, 88, 7]) {
      const { evidence } = await run(segmented(steps, size));
      const echo = evidence[0]!.entries.find(({ check }) => check === 'openvpn-session-echo')!;
      const seen = stream.map(
        (bytes) => `0x${Buffer.from(bytes.subarray(echo.offset, echo.offset + 8)).toString('hex')}`,
      );
      expect(seen).toContain(echo.seen);
    }
  });
});

/** Records of 1,440 bytes of data one after the other, joined in the middle of one: no segment of 1,448 bytes begins with a record. */
function bulk(count: number, from = 0): Step[] {
  const stream = records(Array.from({ length: count }, (_, i): Step => [1, data2(2, 5000 + from + i, 1414)]));
  return [[1, concat(...stream.map(([, bytes]) => bytes)).subarray(700)]];
}

/** A whole rekey, each of whose packets begins a segment. */
function rekey(client: Side, server: Side, keyId: number, first: number): Step[] {
  return [
    [0, client.control(SOFT_RESET, [], server.session, undefined, keyId)],
    [1, server.control(SOFT_RESET, [first], client.session, undefined, keyId)],
    [0, client.control(ACK, [first], server.session, undefined, keyId)],
    [0, client.control(CONTROL, [], server.session, clientHello(), keyId)],
    [1, server.control(CONTROL, [first + 1], client.session, serverHello(), keyId)],
    [1, server.control(CONTROL, [], client.session, noise.bytes(300), keyId)],
    [0, client.control(ACK, [first + 1, first + 2], server.session, undefined, keyId)],
    [0, client.control(CONTROL, [], server.session, noise.bytes(200), keyId)],
    [1, server.control(ACK, [first + 2], client.session, undefined, keyId)],
  ];
}

/** A download, two rekeys with more of it between them, in segments of 1,448 bytes. */
function download(wrap: Wrap, count: number): Segment[] {
  const [client, server] = [new Side(wrap), new Side(wrap)];
  const steps = [
    ...bulk(count),
    ...records(rekey(client, server, 1, 0)),
    ...records([[1, data2(2, 9000, 1414)]]),
    ...records(rekey(client, server, 2, 3)),
  ];
  return segmented(steps, 1448);
}

describe('a connection joined in the middle of a download', () => {
  const cases = WRAPS.flatMap((wrap) => [20, 100, 1000].map((count) => [wrap, count] as const));
  it.each(cases)('is confirmed at the next rekey, %s after %i records', async (wrap, count) => {
    expect(await foundIn(download(wrap, count))).toBe(`${wrap} confirmed`);
  });

  it.each(cases)('is suspected from the direction of the download alone, %s after %i records', async (wrap, count) => {
    const segments = download(wrap, count).filter(({ way }) => way === 1);
    expect(await foundIn(segments)).toBe(`${wrap} suspected`);
  });

  it('is found where the segments with its first bytes were lost after its SYN', async () => {
    const segments = download('plain', 1000);
    expect(await foundIn([...opened([1000, 0]), ...segments])).toBe('plain confirmed');
  });

  it('is found at a later rekey where a stranger of the form of a control packet came first', async () => {
    const stranger = new Side('plain').control(CONTROL, [], noise.bytes(8), clientHello().subarray(9));
    const [client, server] = [new Side('plain'), new Side('plain')];
    const steps = [
      ...bulk(100),
      ...records([[1, stranger]]),
      ...bulk(100, 200),
      ...records(rekey(client, server, 1, 0)),
    ];
    expect(await foundIn(segmented(steps, 1448))).toBe('plain confirmed');
  });
});

describe('a connection joined at its data', () => {
  const flows: readonly (readonly [string, Step[]])[] = [
    ['DATA_V2', exchange(30, (way, i) => data2(2, 500 + 90 * way + i, 40 + ((37 * i) % 1400)))],
    ['epochs', exchange(30, (way, i) => epochData(2, 1, 500 + 90 * way + i, 40 + ((37 * i) % 1400)))],
    [
      'another peer id each way',
      exchange(30, (way, i) => data2(way === 0 ? 12 : 0, 500 + 90 * way + i, 40 + ((37 * i) % 900))),
    ],
    ['DATA_V2 and DATA_V1', exchange(30, (way, i) => (way === 0 ? data2(2, 500 + i, 300) : data1(700 + i, 300)))],
    ['a block cipher', exchange(30, (way, i) => blockData([0x30], 20, 2 + ((3 * i + way) % 60)))],
  ];
  it.each(flows)('is suspected: %s', async (_, steps) => {
    for (const size of [1460, 500, 88]) {
      expect(await foundIn(segmented(records(steps), size, true)), String(size)).toBe('data suspected');
      expect(await foundIn(segmented(records(steps), size)), String(size)).toBe('data suspected');
    }
  });

  it('is suspected where the first segments begin within a record', async () => {
    const segments = segmented(records(flows[0]![1]), 700);
    const late = segments.filter(({ way }, i) => i > 3 || way === 1);
    expect(await foundIn(late)).toBe('data suspected');
  });

  it('is suspected whatever the length of its records resembles: a greeting or a choice of SOCKS', async () => {
    for (const length of [0x0500, 0x0501, 0x0510, 0x0405]) {
      const steps = exchange(6, (way, i) => data2(2, 500 + 90 * way + i, length - 24));
      expect(await foundIn(segmented(records(steps), 1460))).toBe('data suspected');
    }
  });
});

describe('a connection of which a snap length leaves 68 bytes of each frame', () => {
  // 12 bytes of each packet: opcode, session id, three bytes more.
  it.each([
    ['plain', 0],
    ['tls-auth', 16],
    ['tls-auth', 20],
    ['tls-auth', 32],
    ['tls-auth', 64],
    ['tls-crypt', 0],
    ['tls-crypt-v2', 0],
  ] as const)('is suspected from its resets on: %s with %i', async (wrap, hmacLength) => {
    const steps = records(session(wrap, hmacLength));
    expect(await foundIn([...opened(), ...segmented(steps, 1460)], 68)).toBe(`${wrap} suspected`);
    expect(await foundIn(segmented(steps, 1460), 68)).toBe(`${wrap} suspected`);
  });

  it('is nothing with 64 bytes: they do not hold a session id', async () => {
    expect(await foundIn([...opened(), ...segmented(records(session('plain')), 1460)], 64)).toBe('none');
  });

  it('is nothing where the lengths of the resets do not agree', async () => {
    const steps = records(session('tls-auth', 20)).map(([way, bytes], i): Step => {
      if (i !== 1) return [way, bytes];
      const longer = concat(bytes, new Uint8Array(12));
      longer.set(u16(longer.length - 2));
      return [way, longer];
    });
    expect(await foundIn([...opened(), ...segmented(steps.slice(0, 3), 1460)], 68)).toBe('none');
  });
});

describe('what is no OpenVPN', () => {
  /** Messages after a 16-bit length: a type, then the rest. */
  const framed = (type: (i: number) => number, rest: (i: number, way: number) => Uint8Array): Step[] =>
    records(exchange(120, (way, i) => concat([type(i)], rest(i, way))));
  const ids = [noise.bytes(8), noise.bytes(8)];

  const strangers: readonly (readonly [string, Step[]])[] = [
    ['random bytes', exchange(200, () => noise.bytes(700))],
    [
      'encrypted messages of one type',
      framed(
        () => 0x30,
        (i) => noise.bytes(40 + ((17 * i) % 400)),
      ),
    ],
    [
      'encrypted messages of types like opcodes',
      framed(
        (i) => [0x20, 0x28, 0x30, 0x48][i % 4]!,
        (i) => noise.bytes(60 + i),
      ),
    ],
    [
      'a type and a constant id, then ciphertext',
      framed(
        (i) => [0x20, 0x28][i % 2]!,
        (i, way) => concat(ids[way]!, noise.bytes(60 + ((13 * i) % 90))),
      ),
    ],
    [
      'a type, a constant id and a counter that is no replay id',
      framed(
        () => 0x20,
        (i, way) => concat(ids[way]!, u32(0x10000 + i), u32(START_SECONDS), noise.bytes(80)),
      ),
    ],
    ['a TLS record stream', exchange(80, (_, i) => concat([0x17, 3, 3], u16(300 + i), noise.bytes(300 + i)))],
    [
      'DNS over TCP',
      records(
        exchange(80, (way, i) =>
          concat(
            u16(0x2000 + 8 * i),
            u16(way === 0 ? 0x0100 : 0x8180),
            u16(1),
            noise.bytes(4).fill(0),
            u16(0),
            noise.bytes(30).fill(0x61),
          ),
        ),
      ),
    ],
    ['BGP keepalives', exchange(80, () => concat(new Uint8Array(16).fill(0xff), u16(19), [4]))],
    ['text', exchange(80, (_, i) => new TextEncoder().encode(`line ${i} of no importance whatsoever\r\n`))],
    ['zeros', exchange(80, () => new Uint8Array(400))],
  ];
  it.each(strangers)('is not found in %s, joined in the middle, in segments of any size', async (_, steps) => {
    for (const size of [1460, 300, 88]) {
      expect(await foundIn(segmented(steps, size, true))).toBe('none');
      expect(await foundIn(segmented(steps, size), 68)).toBe('none');
    }
  });

  const message = (text: string): Uint8Array => new TextEncoder().encode(text);
  /** A segment each, 1,000 of them, the server's and the client's in turn. */
  const long = (bytes: (i: number, way: number) => Uint8Array): Step[] => exchange(500, (way, i) => bytes(i, way));
  const longStrangers: readonly (readonly [string, Step[]])[] = [
    ['TLS', long((i) => concat([0x17, 3, 3], u16(600 + i), noise.bytes(600 + i)))],
    ['TLS in the middle of its records', long(() => noise.bytes(1448))],
    ['HTTP/2', long((i) => concat([0], u16(400), [0, 0], u32(2 * i + 1), noise.bytes(400)))],
    ['HTTP/2 of short frames', long((i) => concat([0, 0, 0x20, 8 * (i & 1), 0], u32(i), noise.bytes(32)))],
    [
      'DNS over TCP',
      records(
        long((i, way) =>
          concat(
            noise.bytes(2),
            u16(way === 0 ? 0x0100 : 0x8180),
            u16(1),
            u16(way),
            u32(0),
            [7],
            noise.bytes(7),
            [3],
            message('com'),
            [0],
            u32(0x10001),
            noise.bytes(16 * way + (i % 3)),
          ),
        ),
      ),
    ],
    ['Redis', long((i) => message(`*3\r\n$3\r\nSET\r\n$6\r\nkey${100 + i}\r\n$2\r\n${10 + (i % 90)}\r\n`))],
    ['SSH', long((i) => concat(u32(44 + 16 * (i % 60)), [8], noise.bytes(43 + 16 * (i % 60))))],
    ['random messages after their length', records(long((i) => noise.bytes(14 + ((37 * i) % 1400))))],
    [
      'random messages after their length, of one type',
      records(long((i) => concat([0x28], noise.bytes(21 + (i % 900))))),
    ],
    [
      'messages of a type, a session and a counter',
      records(long((i, way) => concat([0x20], ids[way]!, u32(70_000 + i), noise.bytes(100)))),
    ],
  ];
  it.each(longStrangers)('is not found in 1,000 segments of %s', async (_, steps) => {
    const lost = exchange(40, () => noise.bytes(1448).fill(0xff, 0, 2));
    expect(await foundIn(segmented([...lost, ...steps], 1448))).toBe('none');
    expect(await foundIn(segmented(steps, 1448))).toBe('none');
  });

  it('is not held for long: a connection that fits nothing is given up', async () => {
    const steps = exchange(400, () => concat(u16(90), [0x48], noise.bytes(90)));
    expect(await foundIn(segmented(steps, 1460))).toBe('none');
  });

  it('is not found in control packets whose session ids change', async () => {
    const steps = Array.from({ length: 40 }, (_, i): Step => [
      (i & 1) as 0 | 1,
      new Side('plain').control(CONTROL, [], ids[0]!, serverHello().subarray(5)),
    ]);
    expect(await foundIn(segmented(records(steps), 1460))).toBe('none');
  });
});
