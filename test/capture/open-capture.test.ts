import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultName } from '../../src/capture/capture-end.ts';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { CaptureFault, Found } from '../../src/capture/packet-source.ts';
import { type BuiltSources, buildSources } from '../kit/built-sources.ts';
import { concat, hex } from '../kit/bytes.mjs';
import { buildPcap } from '../kit/pcap.mjs';
import { buildPcapng } from '../kit/pcapng.mjs';
import { samplePackets } from '../kit/sample-packets.ts';
import { expectedPackets, readAll, readBytes } from '../kit/read-all.ts';
import { withoutRights } from './without-rights.ts';

const packets = samplePackets(100);
const folder = mkdtempSync(join(tmpdir(), 'open-capture-'));
const at = (name: string): string => join(folder, name);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('recognition', () => {
  it('is by content, whatever the name', async () => {
    const forms: [string, Uint8Array][] = [
      ['a.txt', buildPcap(packets)],
      ['b', buildPcap(packets, { nanoseconds: true, littleEndian: false })],
      ['c.pcap', buildPcapng(packets, false)],
      ['d.zst', gzipSync(buildPcapng(packets))],
    ];
    for (const [name, bytes] of forms) {
      writeFileSync(at(name), bytes);
      const source = openCapture(at(name));
      expect(source.name).toBe(at(name));
      expect(await readAll(source)).toEqual({
        packets: expectedPackets(packets),
        end: { fault: CaptureFault.NONE, message: '' },
      });
    }
  });

  it.each([
    ['a text', Buffer.from('Dear diary,\nnothing happened today.\n'), 'neither pcap nor pcapng'],
    ['a text that begins like pcapng', Buffer.from('\n\r\r\nDear diary,\nnothing happened.'), 'neither'],
    ['one byte', hex('d4'), 'neither'],
    ['nothing', hex(''), 'empty'],
    ['a text in gzip', gzipSync(Buffer.from('Dear diary')), 'neither pcap nor pcapng by its first bytes inside gzip'],
    ['nothing in gzip', gzipSync(hex('')), 'empty: no byte to read inside gzip'],
    ["Navtel's magic, which libpcap does not read either", hex('a12b3c4d00020004'), 'neither'],
  ])('refuses %s by name', async (_, bytes, words) => {
    const { packets: seen, end } = await readBytes(bytes);
    expect(seen).toEqual([]);
    expect(faultName(end.fault)).toBe('unknown-format');
    expect(end.message).toContain(words);
  });
});

describe('bytes of the file that were read', () => {
  const committed = join(import.meta.dirname, '../../captures/condition');

  it.each(['pcap-us-big.pcap', 'pcapng-sections.pcapng', 'gzip-members.pcap.gz', 'zstd.pcap.zst'])(
    'rise from none to all: %s',
    async (name) => {
      const source = openCapture(join(committed, name), { payloadLength: 1024 });
      const batch = new PacketBatch(4);
      let before = source.bytesRead;
      expect(before).toBe(0);
      while (await source.read(batch)) {
        expect(source.bytesRead).toBeGreaterThanOrEqual(before);
        before = source.bytesRead;
      }
      expect(source.bytesRead).toBe(statSync(join(committed, name)).size);
      await source.close();
    },
  );
});

describe('what cannot be opened', () => {
  it.each([
    ['a missing file', 'nowhere.pcap', 'no such file'],
    ['a folder', '.', 'is a directory'],
    ['a path through a file', 'file/x.pcap', 'not a directory'],
  ])('%s', async (_, name, words) => {
    writeFileSync(at('file'), '');
    const { packets: seen, end } = await readAll(openCapture(at(name)));
    expect(seen).toEqual([]);
    expect(end.fault).toBe(CaptureFault.UNREADABLE);
    expect(end.message).toContain(words);
  });

  it('a file without permission', async () => {
    writeFileSync(at('secret'), buildPcap(packets));
    chmodSync(at('secret'), 0);
    const { end } = await withoutRights(() => readAll(openCapture(at('secret'))));
    expect(end.message).toContain('permission denied');
  });
});

describe('a file that grows', () => {
  it('is read on as long as there is more each time', async () => {
    const bytes = buildPcap(packets);
    writeFileSync(at('growing'), bytes.subarray(0, 1001));
    const source = openCapture(at('growing'));
    const batch = new PacketBatch();
    let count = 0;
    for (let there = 1001; await source.read(batch); there += 1001) {
      count += batch.count;
      appendFileSync(at('growing'), bytes.subarray(there, there + 1001));
    }
    expect(count).toBe(packets.length);
    expect(source.end.fault).toBe(CaptureFault.NONE);
    await source.close();
  });
});

describe('packets at once', () => {
  const long = samplePackets(100_000);

  it.each(['pcap', 'pcapng'])('are those that are waited for: %s', async (format) => {
    writeFileSync(at('once'), format === 'pcap' ? buildPcap(long) : buildPcapng(long));
    const source = openCapture(at('once'));
    const batch = new PacketBatch(300);
    expect(source.readNow(batch)).toBe(Found.NOT_YET);
    const times: number[] = [];
    let waits = 0;
    while (await source.read(batch)) {
      do for (let row = 0; row < batch.count; row++) times.push(batch.timeUs[row]!);
      while (source.readNow(batch) === Found.PACKETS);
      waits++;
    }
    expect(times).toEqual(long.map(({ timeUs }) => timeUs));
    // Often enough for signals and outputs, rarely enough to cost nothing.
    expect(waits).toBeGreaterThan(1);
    expect(waits).toBeLessThan(20);
    await source.close();
    expect(source.readNow(batch)).toBe(Found.END);
  });
});

describe('closing', () => {
  it('may come before, between and after reads, more than once', async () => {
    writeFileSync(at('e'), buildPcap(samplePackets(5000)));
    const batch = new PacketBatch(10);
    const unread = openCapture(at('e'));
    await unread.close();
    expect(await unread.read(batch)).toBe(false);
    const halfRead = openCapture(at('e'), { payloadLength: 1000 });
    expect(await halfRead.read(batch)).toBe(true);
    await Promise.all([halfRead.close(), halfRead.close()]);
    expect(await halfRead.read(batch)).toBe(false);
    expect(batch.count).toBe(0);
  });
});

describe.skipIf(process.platform === 'win32')('a FIFO', () => {
  it('is read as it is written', async () => {
    execFileSync('mkfifo', [at('fifo')]);
    const bytes = buildPcap(packets);
    const writer = spawn('sh', ['-c', `exec cat > '${at('fifo')}'`]);
    writer.stdin.write(bytes.subarray(0, 1000));
    const source = openCapture(at('fifo'));
    const batch = new PacketBatch();
    expect(await source.read(batch)).toBe(true);
    const first = batch.count;
    expect(first).toBeGreaterThan(0);
    writer.stdin.end(bytes.subarray(1000));
    const { packets: rest, end } = await readAll(source);
    expect(end.fault).toBe(CaptureFault.NONE);
    expect(first + rest.length).toBe(packets.length);
  });
});

describe('a process of its own', () => {
  let built: BuiltSources;
  let script = '';
  beforeAll(() => {
    built = buildSources();
    script = built.add(join(import.meta.dirname, 'count-packets.js'));
  });
  afterAll(() => {
    built.remove();
  });

  const run = (command: string): Record<string, number> & { message: string } =>
    JSON.parse(execFileSync('sh', ['-c', command], { encoding: 'utf8' })) as Record<string, number> & {
      message: string;
    };
  const node = (): string => `'${process.execPath}' '${script}'`;

  it('reads standard input: a file, a pipe, nothing', () => {
    writeFileSync(at('f'), buildPcap(packets));
    writeFileSync(at('f.gz'), gzipSync(buildPcap(packets)));
    expect(run(`${node()} - < '${at('f')}'`)).toMatchObject({ packets: 100, fault: 0 });
    expect(run(`cat '${at('f')}' | ${node()} -`)).toMatchObject({ packets: 100, fault: 0 });
    expect(run(`cat '${at('f.gz')}' | ${node()} -`)).toMatchObject({ packets: 100, fault: 0 });
    expect(run(`(head -c 500 '${at('f')}'; sleep 0.2; tail -c +501 '${at('f')}') | ${node()} -`).packets).toBe(100);
    expect(run(`${node()} - < /dev/null`).fault).toBe(CaptureFault.UNKNOWN_FORMAT);
    expect(run(`${node()} - < /`).message).toContain('is a directory');
  });

  it('can exit while a pipe is silent', async () => {
    const child = spawn(process.execPath, [script, '-', '300'], { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.write(buildPcap(packets));
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).toBe(9);
  });

  // Which calls V8 inlines differs from process to process on a busy machine; what the code itself allocates, every one shows.
  it('reads 250 MB in little memory, without a trace on the heap', { retry: 3 }, () => {
    const chunk = concat(...Array.from({ length: 50 }, () => buildPcap(samplePackets(200, 9)).subarray(24)));
    const descriptor = openSync(at('large'), 'w');
    writeSync(descriptor, buildPcap([]));
    for (let i = 0; i < 200; i++) writeSync(descriptor, chunk);
    closeSync(descriptor);
    const seen = run(
      `'${process.execPath}' --expose-gc --min-semi-space-size=256 --max-semi-space-size=256 '${script}' '${at('large')}'`,
    );
    expect(seen).toMatchObject({ packets: 2_000_000, fault: 0 });
    expect(seen.heapPerPacket).toBeLessThan(1);
    expect(run(`${node()} '${at('large')}'`).rss).toBeLessThan(120_000_000);
  });
});
