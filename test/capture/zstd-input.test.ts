import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decompress } from 'fzstd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureOf } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import type { ZstdDecoder } from '../../src/capture/input/zstd-decoder.ts';
import { ZstdInput } from '../../src/capture/input/zstd-input.ts';
import { WorkerDecoder } from '../../src/capture/input/zstd-worker.ts';
import { openZlibDecoder } from '../../src/capture/input/zstd-zlib.ts';
import { type BuiltSources, buildSources } from '../kit/built-sources.ts';
import { concat, fields, hex } from '../kit/bytes.mjs';
import { buildPcap } from '../kit/pcap.mjs';
import { buildPcapng } from '../kit/pcapng.mjs';
import { samplePackets } from '../kit/sample-packets.ts';
import { installed } from '../kit/installed.ts';
import { MemoryInput, expectedPackets, readAll } from '../kit/read-all.ts';
import type { SeenCapture } from '../kit/read-all.ts';

/** `zstd -19` 1.5.4 of a capture of one packet: one compressed block, raw literals, a checksum. */
const SMALL = hex(
  '28b52ffd242c4d01002402d4c3b2a10200040004000100000090a3cf6540e20100040000003c000000deadbeef01001be002ffb892d3',
);
/** `zstd -19` 1.5.4 of a capture of 30 requests in raw IP: Huffman-coded literals, described tables. */
const REQUESTS = hex(`
      28b52ffd649a08f50c0066944b2b40db012bb339192633575934f283c031993a0def109adb90456c714629a589a4f488822a4e35
      4e354e1d2945003e003e0028ad055a40829160884822e1cce3a9120c6371368ef6fc130277c8d963321683af04838f384956abbd
      3c9b34f388c7607126923c3596eba4671a57cf7aa0073ae08c52af015d85df1bf6a047a2c3b2dc3f21048f5fdf3ba9c3f63ce69a
      9be19dbde72a95d61661e1ff2e4b94845297bfa339f0de7b8554d0e3124fa5b43658031cf6a83b2ef19867f2e1ef3d87c592521c
      cb9cb76411f9dd7cb5d27ad583f40e97e453f2c17ff7b189e9d8fd77f885365efffbdbab8c1f77ff47d94509864b25511ce69cfb
      e18bb3e3bde50ed46d5e0fcb6ff72135bff3fdfbbccc947edf3d31be73cf7b6e7ae91efe32c7612d3cde32cc6ddbca86b97ff9ec
      4079777da811203aba2efb77c0550aad01720a148284608b60b880dfbf03100da85ba202ca07356ec5c802b62b2841bd0a62a1cf
      e2528d0030389a45636ce1b2bae1878e78ca3ff7d0174ff9e79e47ea078a49277969e3ba648bb54c6c4afc345b2a6404156d5452
      12c9e02851c9a801cc71700e`);

/** Long enough for a thread to start on a busy machine, short enough to wait for. */
const SHORT_LIMIT_MS = 1000;

type Open = () => ZstdDecoder;
const LIBRARIES: [string, Open][] = [['fzstd in a worker', () => new WorkerDecoder(SHORT_LIMIT_MS)]];
if (openZlibDecoder() !== undefined) LIBRARIES.push(['node:zlib', () => openZlibDecoder()!]);

async function unpack(
  bytes: Uint8Array,
  open: Open,
  chunkLengths?: number[],
): Promise<{ bytes: Uint8Array; end: ZstdInput['end'] }> {
  const input = new ZstdInput(new MemoryInput(bytes, chunkLengths), open());
  const parts: Uint8Array[] = [];
  const target = new Uint8Array(100_000);
  for (let count = await input.read(target, 0, target.length); count > 0;) {
    parts.push(target.slice(0, count));
    count = await input.read(target, 0, target.length);
  }
  await input.close();
  return { bytes: concat(...parts), end: input.end };
}

function readPackets(bytes: Uint8Array, open: Open, chunkLengths?: number[]): Promise<SeenCapture> {
  return readAll(captureOf('memory', new ZstdInput(new MemoryInput(bytes, chunkLengths), open())));
}

const frameHeader = hex('28b52ffd 00 38');
const block = (type: number, length: number, content: Uint8Array, last = true): Uint8Array => {
  const header = (length << 3) | (type << 1) | (last ? 1 : 0);
  return concat(Uint8Array.of(header & 255, (header >> 8) & 255, header >> 16), content);
};
/** A table with a single code of zero bits: fzstd 0.1.1 never returns from it. */
const ENDLESS = block(2, 12, hex('a20002 04f003ffff000000 00'));

describe.each(LIBRARIES)('vectors, by %s', (_, open) => {
  it('reads frames that zstd(1) wrote', async () => {
    const small = await readPackets(SMALL, open);
    expect(small.end).toEqual({ fault: CaptureFault.NONE, message: '' });
    expect(small.packets).toMatchObject([{ timeUs: 1_708_106_640_123_456, wireLength: 60, content: 'deadbeef' }]);
    const requests = await readPackets(REQUESTS, open, [1]);
    expect(requests.end.fault).toBe(CaptureFault.NONE);
    expect(requests.packets).toHaveLength(30);
    expect(requests.packets[29]).toMatchObject({ timeUs: 1_700_000_029_029_000, linkType: 101 });
  });

  it('reads raw and repeated blocks, skippable frames and frames one after the other', async () => {
    const skippable = concat(hex('5a2a4d18 03000000'), hex('010203'));
    const plain = concat(frameHeader, block(0, 3, hex('0a0b0c'), false), block(1, 5, hex('ee')));
    const empty = concat(frameHeader, block(0, 0, hex('')));
    const whole = concat(skippable, plain, empty, skippable, plain, SMALL, skippable);
    const expected = concat(hex('0a0b0ceeeeeeeeee0a0b0ceeeeeeeeee'), decompress(SMALL));
    for (const chunk of [1, 4, Infinity]) {
      expect(await unpack(whole, open, [chunk])).toEqual({
        bytes: expected,
        end: { fault: CaptureFault.NONE, message: '' },
      });
    }
  });

  it('reads frames of more blocks than a piece holds', async () => {
    const blocks = Array.from({ length: 1000 }, (_, i) => block(1, 1 + (i % 3), Uint8Array.of(i & 255), i === 999));
    const expected = concat(...Array.from({ length: 1000 }, (_, i) => new Uint8Array(1 + (i % 3)).fill(i & 255)));
    const frame = concat(frameHeader, ...blocks);
    expect((await unpack(concat(frame, frame), open)).bytes).toEqual(concat(expected, expected));
  });
});

describe.skipIf(!installed('zstd'))('against zstd(1), where it is installed', () => {
  const pack = (bytes: Uint8Array, ...flags: string[]): Uint8Array =>
    Uint8Array.from(execFileSync('zstd', ['-q', '-c', ...flags], { input: bytes, maxBuffer: 1 << 26 }));
  const packets = samplePackets(3000);
  const levels = ['-1', '-3', '-9', '-19', '--fast=3', '-3 --no-check', '-3 --long=27'];

  describe.each(LIBRARIES)('by %s', (_, open) => {
    it.each(levels)('reads what %s writes', async (flags) => {
      for (const inner of [buildPcap(packets), buildPcapng(packets)]) {
        const { packets: seen, end } = await readPackets(pack(inner, ...flags.split(' ')), open);
        expect(end).toEqual({ fault: CaptureFault.NONE, message: '' });
        expect(seen).toEqual(expectedPackets(packets));
      }
    });

    it('copies from far back, when its window has moved many times', async () => {
      const megabyte = buildPcap(samplePackets(8000)).subarray(0, 900_000);
      const long = concat(...Array.from({ length: 30 }, (_, i) => concat(Uint8Array.of(i), megabyte)));
      for (const level of ['-1', '-12']) {
        const { bytes, end } = await unpack(pack(long, level), open);
        expect(end.fault).toBe(CaptureFault.NONE);
        expect(Buffer.compare(bytes, long)).toBe(0);
      }
    });
  });
});

describe.each(LIBRARIES)('hostile, by %s', (_, open) => {
  it('cut anywhere gives a beginning, and says that it was cut', async () => {
    const whole = await readPackets(REQUESTS, open);
    const start = concat(frameHeader, block(0, 100, decompress(REQUESTS).subarray(0, 100), false));
    for (const frames of [REQUESTS, concat(start, block(1, 3, hex('00')))]) {
      for (let length = 4; length < frames.length; length++) {
        const { packets: seen, end } = await readPackets(frames.subarray(0, length), open);
        expect(seen).toEqual(whole.packets.slice(0, seen.length));
        expect(end.fault).toBe(CaptureFault.CUT_COMPRESSION);
      }
    }
  });

  const table: [string, Uint8Array, string][] = [
    ['no frame behind a frame', concat(SMALL, hex('00112233445566')), 'no frame'],
    ['a reserved block type', concat(frameHeader, block(3, 4, hex('00000000'))), 'block out of range'],
    ['a block over 128 KB', concat(frameHeader, block(1, 131_073, hex('00'))), 'block out of range'],
    ['a reserved bit in the descriptor', hex('28b52ffd 08 38 010000'), 'reserved bit'],
    ['a dictionary', hex('28b52ffd 01 38 07 010000'), 'dictionary'],
    ['a window of 2 TB', hex('28b52ffd 00 ff 010000'), 'window of 4123168604160 bytes'],
    ['a window of 144 MB behind a frame', concat(SMALL, hex('28b52ffd 00 89 010000')), 'window of 150994944 bytes'],
    [
      'a single segment of 1 TB',
      concat(hex('28b52ffd e0'), fields(true, [8, 1n << 40n]), block(0, 0, hex(''))),
      'window of 1099511627776 bytes',
    ],
    ['Huffman weights without end', concat(frameHeader, ENDLESS), ''],
    ['a Huffman table repeated before the first', concat(frameHeader, block(2, 6, hex('138000 0102 00'))), ''],
    // 98,303 sequences of one code each, every one a copy of 131,074 bytes that costs no bits.
    ['copies without end', concat(frameHeader, block(2, 12, hex('0841 ffffff 54 00 00 34 ffff01 00'))), ''],
  ];
  it.each(table)('%s ends it soon, by name', async (_, frame, words) => {
    const usage = process.cpuUsage();
    const { end } = await unpack(frame, open);
    expect(end.fault).toBe(CaptureFault.BAD_COMPRESSION);
    expect(end.message).toMatch(/^zstd data invalid \(.+\) after byte \d+ of the uncompressed stream$/);
    expect(end.message).toContain(words);
    const { user, system } = process.cpuUsage(usage);
    expect((user + system) / 1000).toBeLessThan(SHORT_LIMIT_MS + 2000);
  });

  it('delivers what comes before damage', async () => {
    const before = concat(frameHeader, block(0, 3, hex('0a0b0c'), false), block(1, 131_072, hex('00'), false));
    for (const damage of [ENDLESS, block(3, 4, hex('00000000'))]) {
      const { bytes, end } = await unpack(concat(SMALL, before, damage), open);
      const first = concat(decompress(SMALL), hex('0a0b0c'));
      expect(bytes.subarray(0, first.length)).toEqual(first);
      expect(end.fault).toBe(CaptureFault.BAD_COMPRESSION);
    }
  });

  it('survives changed bytes', async () => {
    for (let at = 0; at < REQUESTS.length; at += 11) {
      const changed = REQUESTS.slice();
      changed[at]! ^= [1, 0x80, 0xff][at % 3]!;
      await readPackets(changed, open);
    }
  });

  it('streams a bomb in bounded memory', async () => {
    const start = concat(
      hex('0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000'),
      fields(true, [4, 0x0bad], [4, 0x20000000]),
    );
    const repeated = block(1, 131_072, hex('00'), false);
    const bomb = concat(
      frameHeader,
      block(0, start.length, start, false),
      ...new Array<Uint8Array>(4097).fill(repeated),
    );
    const before = process.memoryUsage.rss();
    const { end } = await readPackets(bomb, open);
    expect(end.fault).toBe(CaptureFault.BAD_BLOCK_LENGTH);
    expect(process.memoryUsage.rss() - before).toBeLessThan(150_000_000);
  });

  it('may be closed while it decodes', async () => {
    const input = new ZstdInput(new MemoryInput(concat(frameHeader, ENDLESS)), open());
    const reading = input.read(new Uint8Array(10), 0, 10);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all([input.close(), input.close()]);
    expect(await reading).toBe(0);
    expect(await input.read(new Uint8Array(10), 0, 10)).toBe(0);
  });
});

describe('the worker', () => {
  const piece = { begins: true, ends: true, bytes: SMALL.slice(), largestOutputLength: 131_072 };

  it('is not given copies from farther back than fzstd can tell', async () => {
    const far = { ...piece, largestOutputLength: 101_000_000, windowLength: 1 << 27 };
    const { chunks, failure } = await new WorkerDecoder().decode(far);
    expect(chunks).toEqual([]);
    expect(failure).toMatch(/window of 134217728 bytes.*Node 22\.15/);
  });

  it('ends a stream that hardly comes forward, and not one that was closed', async () => {
    // Each frame has a window of 128 MB for one byte: about 100 ms to clear the memory.
    const frame = hex('28b52ffd 00 88 0b0000 41');
    const { bytes, end } = await unpack(concat(...new Array<Uint8Array>(100).fill(frame)), LIBRARIES[0]![1]);
    expect(bytes.length).toBeLessThan(100);
    expect(end.message).toContain(`hardly any output in ${SHORT_LIMIT_MS} ms`);
    const decoder = new WorkerDecoder();
    await decoder.close();
    expect(await decoder.decode({ ...piece, windowLength: 1024 })).toEqual({ chunks: [], failure: 'closed' });
  });

  it('closes with the capture while that starts', async () => {
    const capture = captureOf('memory', new MemoryInput(concat(frameHeader, ENDLESS)));
    const starting = capture.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    await capture.close();
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await starting).toBe(false);
    expect(await capture.read(new PacketBatch())).toBe(false);
  });
});

describe('a process of its own', () => {
  let built: BuiltSources;
  beforeAll(() => {
    built = buildSources();
  });
  afterAll(() => {
    built.remove();
  });
  const run = (script: string, path: string): unknown =>
    JSON.parse(execFileSync(process.execPath, [script, path], { encoding: 'utf8', timeout: 20_000 }));

  it('reads to the end', () => {
    const path = join(built.folder, 'a.zst');
    writeFileSync(path, REQUESTS);
    expect(run(built.add(join(import.meta.dirname, 'count-packets.js')), path)).toMatchObject({
      packets: 30,
      fault: 0,
    });
  });

  it('is not kept alive by a capture left open', () => {
    const path = join(built.folder, 'b.zst');
    writeFileSync(path, concat(...new Array<Uint8Array>(100).fill(concat(frameHeader, block(0, 24, buildPcap([]))))));
    const script = join(built.folder, 'leave-open.js');
    writeFileSync(
      script,
      `import { openCapture } from './capture/format/open-capture.js';
       console.log(JSON.stringify(await openCapture(process.argv[2]).start()));`,
    );
    expect(run(script, path)).toBe(true);
  });
});
