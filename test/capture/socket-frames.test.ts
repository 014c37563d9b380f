import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countsIn,
  frameHeader,
  FrameReader,
  FrameType,
  helloFrame,
  helloIn,
  LONGEST_PACKETS,
  textFrame,
} from '../../src/capture/live/socket-frames.ts';

const HELLO = helloFrame({ interface: 'eth1', isFiltered: true, processId: 7 });

function packets(bytes: string): Uint8Array {
  return Buffer.concat([frameHeader(FrameType.PACKETS, bytes.length), Buffer.from(bytes)]);
}

/** The output for a stream that is cut into chunks of `size` bytes. */
async function read(
  stream: Uint8Array,
  size = stream.length,
): Promise<{ out: string; texts: string[]; faults: string[] }> {
  const texts: string[] = [];
  const faults: string[] = [];
  const reader = new FrameReader(
    (type, text) => {
      if (type !== FrameType.PACKETS) texts.push(text);
    },
    (fault) => faults.push(fault),
  );
  let out = '';
  reader.on('data', (chunk: Buffer) => (out += chunk.toString('latin1')));
  for (let at = 0; at < stream.length; at += size) reader.write(Buffer.from(stream.subarray(at, at + size)));
  reader.end();
  await once(reader, 'close');
  return { out, texts, faults };
}

describe('frames of sluice capture', () => {
  const counts = textFrame(FrameType.COUNTS, '{"captured":1,"dropped":{"kernel":2}}');
  const whole = Buffer.concat([
    HELLO,
    packets('abc'),
    counts,
    packets(''),
    packets('de'),
    textFrame(FrameType.PROBLEM, 'why'),
  ]);

  it.each([1, 2, 5, 7, whole.length])('come out the same in chunks of %i bytes', async (size) => {
    const { out, texts, faults } = await read(whole, size);
    expect(out).toBe('abcde');
    expect(texts.slice(1)).toEqual(['{"captured":1,"dropped":{"kernel":2}}', 'why']);
    expect(faults).toEqual([]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /the type 71/],
    ['packets before HELLO', packets('abc'), /before HELLO/],
    ['two HELLOs', Buffer.concat([HELLO, HELLO]), /second HELLO/],
    ['a length of 4 GB', Buffer.concat([HELLO, frameHeader(FrameType.PACKETS, 0xffff_ffff)]), /4294967295 bytes/],
    ['a byte too many', Buffer.concat([HELLO, frameHeader(FrameType.PACKETS, LONGEST_PACKETS + 1)]), /bytes/],
    ['a long text', Buffer.concat([HELLO, frameHeader(FrameType.PROBLEM, 5000)]), /5000 bytes/],
    ['half a header', Buffer.concat([HELLO, Buffer.from('P\0')]), /within a frame/],
    ['half a frame', Buffer.concat([HELLO, packets('abc').subarray(0, 6)]), /within a frame/],
  ])('are refused: %s', async (_name, stream, fault) => {
    for (const size of [1, stream.length]) {
      const { faults } = await read(stream, size);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(fault);
    }
  });

  it('never throw, and say one fault at most, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), async (bytes, size) => {
        expect((await read(Buffer.concat([HELLO, bytes]), size)).faults.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });

  it('have a HELLO and counts that are taken only where all fields are right', () => {
    expect(helloIn('{"version":1,"interface":"a","filtered":false,"process":3}')).toMatchObject({ interface: 'a' });
    for (const text of ['', '[]', 'null', '{"version":2,"interface":"a","filtered":false,"process":3}'])
      expect(helloIn(text)).toBeNull();
    expect(helloIn('{"version":1,"interface":7,"filtered":false,"process":3}')).toBeNull();
    expect(countsIn('{"captured":5,"dropped":{"interface":1}}')).toEqual({ captured: 5, dropped: { interface: 1 } });
    for (const dropped of ['{"kernel":-1}', '{"kernel":1e99}', '{"kernel":"1"}', '{"evil":1}', 'null', '7'])
      expect(countsIn(`{"captured":5,"dropped":${dropped}}`)).toBeNull();
  });
});
