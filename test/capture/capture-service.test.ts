/** The socket of `sluice capture`, its reader, and hostile peers. The capture here is a stream instead of a process. */
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServedCapture } from '../../src/capture/live/capture-session.ts';
import { CaptureService } from '../../src/capture/live/capture-service.ts';
import { SocketLink } from '../../src/capture/live/live-socket.ts';
import { LiveSource } from '../../src/capture/live/live-source.ts';
import { sourceProblem } from '../../src/capture/source-problem.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { frameHeader, FrameType, helloFrame } from '../../src/capture/live/socket-frames.ts';
import { temporaryFolder, until } from '../kit/running-daemon.ts';

/** A pcap header, and a packet of 60 bytes. */
const FILE_HEADER = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
const PACKET = Buffer.concat([Buffer.from('01000000000000003c0000003c000000', 'hex'), Buffer.alloc(60)]);

class StreamCapture implements ServedCapture {
  readonly packets = new PassThrough();
  readonly ended = Promise.resolve();
  readonly isFiltered = false;
  readonly processId: number;
  readonly detail = 'a stream captures';
  counts = { captured: 0, dropped: { kernel: 0 } as Record<string, number> };
  problem = sourceProblem('service-says', 'it was over');
  isKilled = false;

  constructor(processId: number) {
    this.processId = processId;
    this.packets.write(FILE_HEADER);
  }

  askCounts(): void {
    // They are always current.
  }

  finish(): void {
    this.packets.end(PACKET);
  }

  kill(): void {
    this.isKilled = true;
    this.packets.end();
  }
}

let folder = temporaryFolder();
let path = '';
let captures: StreamCapture[] = [];
let events: string[] = [];
let service: CaptureService;
const sources: LiveSource[] = [];

function serviceAt(where: string): CaptureService {
  // A session of the previous test may end late.
  const own = { captures, events };
  return new CaptureService(
    'eth1',
    where,
    () => {
      const capture = new StreamCapture(own.captures.length + 1);
      own.captures.push(capture);
      return capture;
    },
    (event) => own.events.push(event),
  );
}

beforeEach(async () => {
  folder = temporaryFolder();
  path = join(folder.path, 'packets.sock');
  captures = [];
  events = [];
  service = serviceAt(path);
  await service.start();
});
afterEach(async () => {
  for (const source of sources.splice(0)) await source.close();
  await service.stop();
  folder.remove();
});

function source(isPatient = false): LiveSource {
  const made = new LiveSource(
    () => new SocketLink(path, 'eth1'),
    { device: 'eth1', isPatient, stuckMs: 60_000 },
    () => undefined,
  );
  sources.push(made);
  return made;
}

/** `events.once` would reject if the end comes as an error. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else
      socket.once('close', () => {
        resolve();
      });
  });
}

async function peer(bytes: Uint8Array | string): Promise<Socket> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

async function textOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString('latin1');
  return text;
}

describe('sluice capture', () => {
  it('passes packets and losses, and a reader that comes back begins at a new header', async () => {
    const live = source();
    await live.start();
    captures[0]!.packets.write(Buffer.concat([PACKET, PACKET]));
    const batch = new PacketBatch();
    expect(await live.read(batch)).toBe(true);
    expect(batch.count).toBe(2);
    captures[0]!.counts = { captured: 2, dropped: { kernel: 9 } };
    captures[0]!.packets.end(PACKET);
    expect([await live.read(batch), batch.count]).toEqual([true, 1]);
    const next = live.read(batch);
    await until('a second capture', () => captures.length === 2);
    captures[1]!.counts = { captured: 1, dropped: { kernel: 4 } };
    captures[1]!.packets.write(Buffer.concat([PACKET, PACKET]));
    expect([await next, batch.count]).toEqual([true, 2]);
    expect(live.restartCount).toBe(1);
    expect(live.gapMs).toBeGreaterThan(0);
    await until('the losses of both', () => live.dropped.kernel === 13);
    live.stop();
    // Packets captured before the stop still arrive.
    expect([await live.read(batch), batch.count]).toEqual([true, 1]);
    expect(await live.read(batch)).toBe(false);
  });

  it('lets its user and its group connect', () => {
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  it('refuses a second reader with a sentence, and goes on with the first', async () => {
    const live = source();
    await live.start();
    await expect(source().start()).rejects.toThrow('another reader is connected');
    captures[0]!.packets.write(Buffer.concat([PACKET, PACKET]));
    const batch = new PacketBatch();
    expect(await live.read(batch)).toBe(true);
    expect(captures).toHaveLength(1);
  });

  it('ends the capture when its reader goes, and captures nothing while none reads', async () => {
    const socket = await peer('b');
    await until('a capture', () => captures.length === 1);
    socket.destroy();
    await until('its end', () => captures[0]!.isKilled);
    await until('it is seen', () => events.at(-1) === 'left');
    expect(captures).toHaveLength(1);
  });

  it.each([
    ['garbage', 'GET / HTTP/1.1\r\n\r\n'],
    ['an end before the beginning', 'f'],
    ['two beginnings', 'bb'],
    ['a megabyte', Buffer.alloc(1 << 20, 'b')],
  ])('closes a connection that sends %s, and serves the next', async (_name, bytes) => {
    const socket = await peer(bytes);
    await closed(socket.resume());
    await until('its capture has ended', () => captures.every(({ isKilled }) => isKilled));
    const live = source();
    await until(
      'a place',
      () =>
        events.filter((event) => event === 'connected').length === events.filter((event) => event === 'left').length,
    );
    await live.start();
  });

  it('has a bound on connections that ask for nothing', async () => {
    const silent = await Promise.all(Array.from({ length: 8 }, () => peer('')));
    await closed((await peer('b')).resume());
    expect(captures).toHaveLength(0);
    for (const socket of silent) socket.destroy();
  });

  it('does not gather packets for a reader that takes none', async () => {
    const socket = await peer('b');
    socket.pause();
    await until('a capture', () => captures.length === 1);
    const { packets } = captures[0]!;
    let written = 0;
    while (packets.write(Buffer.alloc(1 << 16)) || written < 1 << 22) {
      written += 1 << 16;
      if (written > 1 << 24) break;
      await new Promise(setImmediate);
    }
    expect(packets.isPaused()).toBe(true);
    socket.destroy();
  });

  it('replaces a socket that a dead process left, and refuses one that is listened on, and what is none', async () => {
    await expect(serviceAt(path).start()).rejects.toThrow(`another process listens on ${path}`);
    expect(captures).toHaveLength(0);
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    await expect(serviceAt(file).start()).rejects.toThrow('is no socket');
    expect(existsSync(file)).toBe(true);
    await expect(serviceAt(join(folder.path, 'x'.repeat(120))).start()).rejects.toThrow('at most 107 bytes');
    await expect(serviceAt(join(folder.path, 'none', 'x')).start()).rejects.toThrow('cannot listen on');
  });

  it('passes on what was captured when it is stopped, and removes the socket', async () => {
    const text = textOf(await peer('b'));
    await until('a capture', () => captures.length === 1);
    await service.stop();
    expect(await text).toMatch(/"captured":0.*sluice capture was stopped$/s);
    expect(existsSync(path)).toBe(false);
  });
});

describe('a reader of sluice capture', () => {
  it('that is patient starts without it, says why, and reads when it is there', async () => {
    await service.stop();
    const live = source(true);
    await live.start();
    expect(live.problem?.problem).toBe(
      `nothing listens on ${path}: sudo systemctl start sluice-capture@eth1, or: sudo sluice capture eth1 --socket ${path}`,
    );
    await expect(source().start()).rejects.toThrow('nothing listens on');
    const reading = live.read(new PacketBatch());
    service = serviceAt(path);
    await service.start();
    await until('a capture', () => captures.length === 1);
    captures[0]!.packets.write(Buffer.concat([PACKET, PACKET]));
    expect(await reading).toBe(true);
    expect(live.problem).toBeNull();
    expect(live.gapMs).toBeGreaterThan(0);
  });

  it.each<[string, Uint8Array, string]>([
    ['garbage', Buffer.from('SSH-2.0-OpenSSH'), 'does not send the protocol of sluice capture'],
    ['an end', Buffer.alloc(0), 'has ended the connection'],
    [
      'another interface',
      helloFrame({ interface: 'eth2', isFiltered: false, processId: 1 }),
      'captures on "eth2", not on eth1',
    ],
    [
      'no pcap',
      Buffer.concat([
        helloFrame({ interface: 'eth1', isFiltered: false, processId: 1 }),
        frameHeader(FrameType.PACKETS, 4),
        Buffer.from('none'),
      ]),
      'has ended the connection',
    ],
  ])('gives up a peer that sends %s', async (_name, bytes, problem) => {
    await service.stop();
    const server = createServer((socket) =>
      socket
        .resume()
        .on('error', () => undefined)
        .end(bytes),
    );
    server.listen(path);
    await once(server, 'listening');
    await expect(source().start()).rejects.toThrow(problem);
    await new Promise((resolve) => server.close(resolve));
  });
});
