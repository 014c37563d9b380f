import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readText } from './read-text.ts';

const CAPTURE = { file: 'a.pcap', flows_total: 1, positives: [] };

describe('a file of labels', () => {
  it.each([
    ['a list', JSON.stringify([CAPTURE])],
    ['an object', JSON.stringify({ captures: [CAPTURE] })],
    ['an object in lines', `\ufeff${JSON.stringify({ captures: [CAPTURE] }, null, 2)}\n`],
    ['a table', 'file,src,src_port,dst,dst_port,proto,label\na.pcap,,,,,,none\n'],
  ])('is recognised by its content, plain or gzip: %s', async (_, text) => {
    for (const bytes of [text, gzipSync(text)]) {
      const { content, issues } = await readText(bytes);
      expect(issues).toEqual([]);
      expect(content).toMatchObject({ kind: 'labels', labels: { captures: [{ file: 'a.pcap', flows: [] }] } });
    }
  });

  it.each([
    ['', '1:1: error: the file is empty'],
    ['\n \n', '1:1: error: the file is empty'],
    ['hello\n', '1:1: error: neither labels (JSON, or CSV'],
    ['src,dst\n', '1:1: error: neither labels'],
    ['\u0000\u0001\u0002', '1:1: error: neither labels'],
    ['{"file":"a.pcap"}', '1:1: error: captures: '],
    ['{', '1:2: error: not JSON: '],
  ])('that is none of the formats is refused: %j', async (text, message) => {
    const { content, issues } = await readText(text);
    expect(content).toBeUndefined();
    expect(issues[0]!.slice(0, message.length)).toBe(message);
  });

  it('with a line of several megabytes is refused at that line, and the rest is read', async () => {
    const text = `file,src,src_port,dst,dst_port,proto,label\n${'x'.repeat(3_000_000)}\na.pcap,1,,,,,none\n`;
    const { issues } = await readText(gzipSync(text));
    expect(issues).toEqual([
      '2:1048577: error: this line is longer than 1048576 characters',
      '3:13: error: the transport is missing: udp, tcp, esp or ah',
    ]);
  });

  it('that is cut within gzip cannot be read', async () => {
    const packed = gzipSync(JSON.stringify([CAPTURE]));
    await expect(readText(packed.subarray(0, -9))).rejects.toThrow('unexpected end of file');
  });
});
