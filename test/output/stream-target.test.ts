/** A stream as a destination of an event log: a real socket, whose reader may go. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StreamTarget } from '../../src/output/log/stream-target.ts';

let folder = '';
let server: Server;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  server = createServer().listen(join(folder, 'socket'));
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** A stream to write to, and its reader. */
async function pipe(): Promise<{ stream: Socket; reader: Socket; text: () => string }> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const stream = connect({ path: join(folder, 'socket'), allowHalfOpen: true });
  const [reader] = await accepted;
  let text = '';
  reader.on('data', (data: Buffer) => (text += data.toString()));
  return { stream, reader, text: () => text };
}

it('the stream is opened with the first line, once, and closed at the end', async () => {
  let opened = 0;
  const { stream, reader, text } = await pipe();
  const target = new StreamTarget('a pipe', () => {
    opened++;
    return stream;
  });
  expect(opened).toBe(0);
  await target.write(Buffer.from('a\n'));
  await target.write(Buffer.from('b\n'));
  await Promise.all([target.sync(), target.rotate(), target.reopen()]);
  expect(opened).toBe(1);
  expect([target.name, target.isDue, target.isGone]).toEqual(['a pipe', false, false]);
  await target.close();
  await once(reader, 'close');
  expect(text()).toBe('a\nb\n');
});

it('a target that was never written to closes nothing', async () => {
  const { stream, reader } = await pipe();
  await new StreamTarget('a pipe', () => stream).close();
  expect(stream.destroyed).toBe(false);
  reader.destroy();
  stream.destroy();
});

it('without a reader it is gone, and says so to every later line', async () => {
  const { stream, reader } = await pipe();
  const target = new StreamTarget('a pipe', () => stream);
  await target.write(Buffer.from('a\n'));
  reader.destroy();
  await once(reader, 'close');
  await expect(target.write(Buffer.from('b\n'))).rejects.toThrow('EPIPE');
  await expect.poll(() => target.isGone).toBe(true);
  await expect(target.write(Buffer.from('c\n'))).rejects.toThrow('EPIPE');
});

it('with later readers it is opened again, and a failure to open is the failure of that line', async () => {
  const first = await pipe();
  const second = await pipe();
  const streams: (Socket | null)[] = [first.stream, null, second.stream];
  const target = new StreamTarget(
    'a named pipe',
    () => {
      const stream = streams.shift();
      if (stream === null || stream === undefined) throw new Error('no reader');
      return stream;
    },
    true,
  );
  await target.write(Buffer.from('a\n'));
  first.reader.destroy();
  await once(first.reader, 'close');
  await expect(target.write(Buffer.from('b\n'))).rejects.toThrow('EPIPE');
  await once(first.stream, 'close');
  await expect(target.write(Buffer.from('c\n'))).rejects.toThrow('no reader');
  await target.write(Buffer.from('d\n'));
  expect(target.isGone).toBe(false);
  await target.close();
  await once(second.reader, 'close');
  expect(second.text()).toBe('d\n');
});
