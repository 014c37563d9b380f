import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListProblem, listCaptures } from '../../src/capture/input/list-captures.ts';
import { hex } from '../kit/bytes.mjs';
import { buildPcap } from '../kit/pcap.mjs';
import { buildPcapng } from '../kit/pcapng.mjs';
import { withoutRights } from './without-rights.ts';

const root = mkdtempSync(join(tmpdir(), 'list-captures-'));
const at = (...names: string[]): string => [root, ...names].join('/');

beforeAll(() => {
  for (const folder of ['mixed', 'mixed/a', 'mixed/a/deep', 'bare', 'none']) mkdirSync(at(folder));
  writeFileSync(at('mixed', 'z.pcap'), buildPcap([]));
  writeFileSync(at('mixed', 'a.pcap'), buildPcapng([]));
  writeFileSync(at('mixed', 'a-b'), buildPcap([]));
  writeFileSync(at('mixed', 'B'), buildPcap([], { littleEndian: false }));
  writeFileSync(at('mixed', 'a', 'é.gz'), gzipSync(buildPcap([])));
  // After U+E000 by UTF-8 bytes; JavaScript's own order is the opposite.
  writeFileSync(at('mixed', 'a', '\u{1f511}'), buildPcap([]));
  writeFileSync(at('mixed', 'a', '\ue000'), buildPcap([]));
  writeFileSync(at('mixed', 'a', 'deep', 'cut.pcap'), hex('d4c3b2a10200'));
  writeFileSync(at('mixed', 'README'), 'not a capture');
  writeFileSync(at('mixed', 'empty.pcap'), '');
  writeFileSync(at('mixed', 'log.gz'), gzipSync(Buffer.from('not a capture')));
  writeFileSync(at('none', 'text.pcap'), 'not a capture');
  symlinkSync('..', at('mixed', 'a', 'loop'));
  symlinkSync('.', at('mixed', 'self'));
  symlinkSync('nowhere', at('mixed', 'dangling'));
  symlinkSync('one-ring', at('mixed', 'one-ring'));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const inside = ['B', 'a-b', 'a.pcap', 'a/deep/cut.pcap', 'a/é.gz', 'a/\ue000', 'a/\u{1f511}', 'z.pcap'];

describe('a folder', () => {
  it('means the captures below it, sorted by bytes, links followed once', async () => {
    const { paths, skippedCount, problems } = await listCaptures([at('mixed')]);
    expect(paths).toEqual(inside.map((name) => at('mixed', name)));
    expect(skippedCount).toBe(3);
    expect(problems).toEqual([]);
  });

  it('is joined with the path inside it, with or without a slash at its end', async () => {
    const { paths } = await listCaptures([`${at('mixed')}/`]);
    expect(paths[0]).toBe(at('mixed', 'B'));
  });

  it.each(['none', 'bare'])('without captures is a problem: %s', async (name) => {
    const { paths, problems } = await listCaptures([at(name)]);
    expect(paths).toEqual([]);
    expect(problems).toMatchObject([{ problem: ListProblem.NO_CAPTURE_IN_FOLDER, path: at(name) }]);
    expect(problems[0]?.message).toContain('no capture in this folder');
  });

  it('that cannot be entered is a problem', async () => {
    mkdirSync(at('locked'), { mode: 0 });
    const { problems } = await withoutRights(() => listCaptures([at('locked')]));
    expect(problems[0]?.problem).toBe(ListProblem.UNREADABLE);
    chmodSync(at('locked'), 0o700);
  });
});

describe('other arguments', () => {
  it('keep their order; a file is taken at its word, and - is standard input', async () => {
    const args = [at('mixed', 'z.pcap'), '-', at('none', 'text.pcap'), at('mixed', 'a')];
    const { paths, problems } = await listCaptures(args);
    expect(problems).toEqual([]);
    expect(paths.slice(0, 3)).toEqual(args.slice(0, 3));
    expect(paths[3]).toBe(at('mixed', 'a', 'deep', 'cut.pcap'));
  });

  it('that are missing are each a problem', async () => {
    const { paths, problems } = await listCaptures([at('nowhere'), at('mixed', 'B'), at('mixed', 'one-ring')]);
    expect(paths).toEqual([at('mixed', 'B')]);
    expect(problems.map(({ problem }) => problem)).toEqual([ListProblem.MISSING, ListProblem.UNREADABLE]);
    expect(problems[0]?.message).toBe(`${at('nowhere')}: no such file or directory`);
  });
});
