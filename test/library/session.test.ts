/** Sessions of the library, against the command: events, back-pressure, ends and errors. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { checkRules, openSession } from '../../src/library/open-session.ts';
import type { Packet, Reading } from '../../src/library/session.ts';
import { SluiceError, type SluiceErrorCode } from '../../src/library/sluice-error.ts';
import { sluice } from '../cli/sluice.ts';
import { openFiles } from '../kit/open-files.ts';
import { SeededRandom } from '../kit/random.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sluice-library-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const path = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const REKEY = 'captures/wireguard/rekey.pcap';
const BURST = 'captures/wireguard/burst.pcap';

async function all<Event>(reading: Reading<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of reading) events.push(event);
  return events;
}

/** Lines of the command, as values; `kind` is --decisions or --flows. */
async function lines(kind: string, ...args: string[]): Promise<unknown[]> {
  const { stdout } = await sluice(['replay', ...args, kind, '-', '--quiet']);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

async function packetsOf(file: string): Promise<Packet[]> {
  const source = openCapture(file);
  const batch = new PacketBatch();
  const packets: Packet[] = [];
  while (await source.read(batch)) {
    for (let row = 0; row < batch.count; row++) {
      const bytes = new Uint8Array(
        batch.data.buffer,
        batch.data.byteOffset + batch.at[row]!,
        batch.capturedLength[row],
      );
      const [timeUs, linkType] = [batch.timeUs[row]!, batch.linkType[row]!];
      packets.push({ timeUs, linkType, bytes: bytes.slice(), wireLength: batch.wireLength[row]! });
    }
  }
  await source.close();
  return packets;
}

/** Batches of random sizes, some empty, some larger than the engine's own. */
function* batchesOf(packets: readonly Packet[], seed: number): Generator<Packet[]> {
  const random = new SeededRandom(seed);
  for (let at = 0; at < packets.length;) {
    const size = random.chance(0.2) ? random.below(6000) : random.below(40);
    yield packets.slice(at, at + size);
    at += size;
  }
}

async function rejection(promise: Promise<unknown>): Promise<SluiceError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SluiceError)) throw new Error(`no SluiceError: ${String(error)}`);
  return error;
}

async function refused(promise: Promise<unknown>, code: SluiceErrorCode, text: string): Promise<void> {
  const error = await rejection(promise);
  expect(error.code).toBe(code);
  expect(error.message).toContain(text);
}

describe('the events of a capture', () => {
  it('are those of the command', async () => {
    const session = await openSession();
    const decisions = await all(session.read(REKEY));
    expect(decisions).toEqual(await lines('--decisions', REKEY));
    const events = await all(session.read(REKEY, { flows: 'all' }));
    expect(events.filter(({ event_type: type }) => type === 'decision')).toEqual(decisions);
    expect(events.filter(({ event_type: type }) => type === 'flow')).toEqual(await lines('--flows', REKEY));
    const vpn = await all(session.read(BURST, { flows: 'vpn' }));
    expect(vpn.filter(({ event_type: type }) => type === 'flow')).toEqual(await lines('--flows', BURST, '--vpn-only'));
  });

  it('of several files are numbered through them', async () => {
    const files = [REKEY, BURST];
    const session = await openSession();
    expect(await all(session.read(files))).toEqual(await lines('--decisions', ...files));
  });

  it.each(['rekey', 'burst', 'two-peers'])('are the same for its packets in batches of any size: %s', async (name) => {
    const file = `captures/wireguard/${name}.pcap`;
    const packets = await packetsOf(file);
    const session = await openSession();
    const expected = await all(session.read(file, { flows: 'all' }));
    for (let seed = 1; seed <= 5; seed++) {
      const reading = session.take(batchesOf(packets, seed), { flows: 'all', name: file });
      expect(await all(reading)).toEqual(expected);
      expect(reading.summary).toMatchObject({ complete: true, packets: packets.length });
    }
  });

  it('in mode enforce come with the outcomes that the command counts', async () => {
    const slow = { name: 'slow', rate: '8kbit/s', burst: '2kB' };
    const rule = `{ name: ${slow.name}, action: throttle, rate: ${slow.rate}, burst: ${slow.burst} }`;
    const policy = path('slow.yaml', `name: slow\nmode: enforce\nrules:\n  - ${rule}\n`);
    const { stdout } = await sluice(['replay', BURST, '--policy', policy, '--json']);
    const command = JSON.parse(stdout) as { outcome: { packets: Record<string, number> }; flows: { total: number } };
    const session = await openSession({ policy });
    expect(session.mode).toBe('enforce');
    for (const reading of [session.read(BURST), session.take([await packetsOf(BURST)])]) {
      await all(reading);
      expect(reading.summary).toMatchObject({ outcomes: command.outcome.packets, flows: command.flows.total });
      expect(reading.summary?.outcomes.dropped).toBeGreaterThan(0);
    }
  });
});

describe('a loop over events', () => {
  it('that is slow slows the reading', async () => {
    const packets = await packetsOf(REKEY);
    let taken = 0;
    function* source(): Generator<Packet[]> {
      for (const packet of packets) {
        taken++;
        yield [packet];
      }
    }
    const session = await openSession();
    const reading = session.take(source());
    const iterator = reading[Symbol.asyncIterator]();
    await iterator.next();
    const before = taken;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(taken).toBe(before);
    expect(before).toBeLessThan(packets.length);
    while ((await iterator.next()).done !== true);
    expect(taken).toBe(packets.length);
  });

  it('that is left early closes the capture, and the next reading is not changed by it', async () => {
    const copy = join(folder, 'left.pcap');
    copyFileSync(REKEY, copy);
    const session = await openSession();
    const whole = await all(session.read(copy));
    const reading = session.read(copy);
    for await (const event of reading) {
      expect(event).toEqual(whole[0]);
      break;
    }
    await vi.waitFor(() => {
      expect(openFiles(folder)).toEqual([]);
    });
    expect(reading.summary).toMatchObject({ complete: false, incomplete: [] });
    expect(await all(session.read(copy))).toEqual(whole);
  });

  it('ends the source of packets when it is left', async () => {
    const packets = await packetsOf(REKEY);
    let closed = false;
    async function* source(): AsyncGenerator<Packet[]> {
      try {
        for (const packet of packets) yield await Promise.resolve([packet]);
      } finally {
        closed = true;
      }
    }
    const session = await openSession();
    for await (const event of session.take(source())) if (event.pcap_cnt > 0) break;
    expect(closed).toBe(true);
  });

  it('ends when the session is closed', async () => {
    const session = await openSession();
    const reading = session.read(REKEY);
    let count = 0;
    for await (const event of reading) {
      count += event.pcap_cnt > 0 ? 1 : 0;
      void session.close();
    }
    expect(count).toBeLessThan((await lines('--decisions', REKEY)).length);
    await refused(all(session.read(REKEY)), 'wrong-use', 'the session is closed');
  });

  it('ends when the session is closed while the source of packets has nothing', async () => {
    const session = await openSession();
    async function* source(): AsyncGenerator<Packet[]> {
      yield await packetsOf(REKEY);
      await new Promise(() => undefined);
    }
    const reading = session.take(source(), { flows: 'all' });
    const events = all(reading);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await session.close();
    expect((await events).length).toBeGreaterThan(0);
    expect(reading.summary).toMatchObject({ complete: false, packets: 73 });
  });

  it('closes the source of packets after a packet that is refused', async () => {
    let closed = false;
    function* source(): Generator<Packet[]> {
      try {
        for (;;) yield [{ timeUs: -1, linkType: 1, bytes: new Uint8Array(60) }];
      } finally {
        closed = true;
      }
    }
    await refused(all((await openSession()).take(source())), 'invalid-packet', 'packet 1: timeUs is -1');
    expect(closed).toBe(true);
  });

  it('gets the error of the source of packets', async () => {
    const session = await openSession();
    async function* source(): AsyncGenerator<Packet[]> {
      yield await packetsOf(REKEY);
      throw new Error('the database is gone');
    }
    await expect(all(session.take(source()))).rejects.toThrow('the database is gone');
    expect(await all(session.read(REKEY))).toEqual(await lines('--decisions', REKEY));
  });
});

describe('wrong use is refused', () => {
  it('two readings at once', async () => {
    const session = await openSession();
    const first = session.read(REKEY)[Symbol.asyncIterator]();
    await first.next();
    await refused(all(session.read(BURST)), 'wrong-use', 'reads another capture');
    await first.return?.();
    expect((await all(session.read(BURST))).length).toBeGreaterThan(0);
  });

  it('a reading that is iterated twice', async () => {
    const reading = (await openSession()).read(REKEY);
    await all(reading);
    await refused(all(reading), 'wrong-use', 'can be iterated once');
  });

  it.each([
    [{ maxFlows: 0 }, 'maxFlows is 0'],
    [{ maxFlows: 1.5 }, 'maxFlows is 1.5'],
    [{ maxFlows: Number.NaN }, 'maxFlows is NaN'],
    [{ mode: 'block' as never }, 'mode is "block": it must be observe or enforce'],
    [{ linkIdentity: 'vni' as never }, 'linkIdentity is "vni"'],
  ])('the options %j', async (options, text) => {
    await refused(openSession(options), 'invalid-option', text);
  });

  it('an unknown choice of flows', async () => {
    const session = await openSession();
    expect(() => session.read(REKEY, { flows: 'some' as never })).toThrow('flows is "some"');
  });

  it.each<[string, Partial<Packet>]>([
    ['timeUs is NaN', { timeUs: Number.NaN }],
    ['timeUs is -1', { timeUs: -1 }],
    ['linkType is 70000', { linkType: 70_000 }],
    ['bytes must be a Uint8Array', { bytes: 'text' as never }],
    ['it has 262145 bytes', { bytes: new Uint8Array(262_145) }],
    ['wireLength is 3', { wireLength: 3 }],
    ['wireLength is 4294967296', { wireLength: 2 ** 32 }],
  ])('a packet whose %s', async (text, part) => {
    const good: Packet = { timeUs: 1, linkType: 1, bytes: new Uint8Array(60) };
    const session = await openSession();
    await refused(all(session.take([[good, { ...good, ...part }]])), 'invalid-packet', `packet 2: ${text}`);
    const next = session.take([[good]]);
    expect(await all(next)).toEqual([]);
    expect(next.summary).toMatchObject({ complete: true, packets: 1 });
  });

  it('not a packet of the greatest length', async () => {
    const session = await openSession();
    const packet: Packet = { timeUs: 1, linkType: 1, bytes: new Uint8Array(262_144), wireLength: 2 ** 32 - 1 };
    const reading = session.take([Array.from({ length: 9 }, () => packet)]);
    await all(reading);
    expect(reading.summary).toMatchObject({ packets: 9, bytes: 9 * (2 ** 32 - 1) });
  });
});

describe('a capture that cannot be read to its end', () => {
  it.each<[string, () => string, string]>([
    ['is cut', () => path('cut.pcap', readFileSync(REKEY).subarray(0, 1000)), 'cut-packet'],
    ['does not exist', () => join(folder, 'none.pcap'), 'unreadable'],
    ['is a folder', () => folder, 'unreadable'],
    ['is text', () => path('text.pcap', 'text'), 'unknown-format'],
  ])('because it %s is in the summary', async (_, make, fault) => {
    const file = make();
    const reading = (await openSession()).read(file);
    await all(reading);
    expect(reading.summary).toMatchObject({ complete: false, incomplete: [{ file, fault }] });
  });
});

describe('rules', () => {
  it('with errors are refused with each place as data', async () => {
    const policy = path('bad.yaml', 'name: bad\nmode: observe\nrules:\n  - { name: a, action: stop }\n');
    const registry = path(
      'bad.csv',
      'prefix,holder,sector,protocols,valid_from,valid_until,reference\n1.2.3,A,it,,,,R1\n',
    );
    const error = await rejection(openSession({ policy, registry }));
    expect(error.code).toBe('invalid-rules');
    expect(error.message).toContain(`${policy}:4:`);
    const errors = error.problems.filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([
      expect.objectContaining({ file: policy, line: 4 }),
      expect.objectContaining({ file: registry, line: 2 }),
    ]);
    expect(await checkRules({ policy, registry })).toEqual(error.problems);
  });

  it('with warnings are used', async () => {
    const row = '203.0.113.0/24,Example,it,,2020-01-01,2020-02-01,R1';
    const registry = path('old.csv', `prefix,holder,sector,protocols,valid_from,valid_until,reference\n${row}\n`);
    expect((await openSession({ registry })).registry.entries).toBe(1);
    const expired = {
      severity: 'warning',
      file: registry,
      line: 2,
      message: expect.stringContaining('expired') as string,
    };
    expect(await checkRules({ registry })).toContainEqual(expect.objectContaining(expired));
  });

  it('that cannot be read are refused', async () => {
    await refused(openSession({ policy: join(folder, 'none.yaml') }), 'unreadable-rules', 'none.yaml: no such file');
  });

  it('that do not match their manifest are refused', async () => {
    const registry = path('signed.csv', readFileSync('rules/registry.csv'));
    path('signed.csv.manifest.json', '{}');
    const error = await rejection(openSession({ registry }));
    expect(error.problems.map(({ message }) => message).join()).toContain('manifest');
  });

  it('write nothing to standard error', async () => {
    const problems = await checkRules({ policy: path('broken.yaml', ': [') });
    expect(problems.length).toBeGreaterThan(0);
  });
});
