/** Chains of real log files that are edited by hand, beside a plain twin that hashes whole segments. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseEntry } from '../../src/output/log/chain/chain-entry.ts';
import { SegmentChain } from '../../src/output/log/chain/segment-chain.ts';
import { readSegment } from '../../src/output/log/chain/segment-facts.ts';
import { verifyLog } from '../../src/output/log/chain/verify-chain.ts';
import { EventLog } from '../../src/output/log/event-log.ts';
import { LineQueue } from '../../src/output/log/line-queue.ts';
import { RotatingFile } from '../../src/output/log/rotating-file.ts';
import { makeKeyFiles, type PublicKey, readPrivateKey, readPublicKeys } from '../../src/rules/signing-key.ts';
import { SeededRandom } from '../kit/random.mjs';

const LINES = 300;
const PATIENCE_MS = 10_000;
const LAHORE = { site: 'lahore-1', isp: 'example' };

let folder = '';
let key: PublicKey;
let keys: PublicKey[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-chain-'));
  key = newKey('sensor.key');
  keys = readPublicKeys(join(folder, 'sensor.key.pub'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function newKey(name: string): PublicKey {
  makeKeyFiles(join(folder, name));
  return readPrivateKey(join(folder, name));
}

/** A log with three closed segments and an open one; the path of the log. */
async function madeLog(name = 'decisions.jsonl', sensor = LAHORE, signer = key, kept = 10): Promise<string> {
  const path = join(folder, name);
  const file = new RotatingFile(path, { bytes: 1, ageMs: Infinity, kept });
  const lines = new LineQueue(file, 'wait');
  const log = new EventLog('decisions', lines, file, sensor);
  await log.start();
  const chain = new SegmentChain(path, { key: signer, sensor, kept });
  await chain.start();
  file.onClosed = () => {
    chain.update();
  };
  for (let segment = 0; segment < 4; segment++) {
    for (let line = 0; line < LINES; line++) log.write(`{"timestamp":"t","value":"${'x'.repeat(line)}"}\n`);
    if (segment === 1) chain.act('{"timestamp":"t","event_type":"action","action":{"what":"reload"}}\n');
    await lines.flush(PATIENCE_MS);
    if (segment < 3) await lines.rotateIfDue();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await lines.close(PATIENCE_MS);
  await chain.close();
  return path;
}

const segments = (name = 'decisions.jsonl'): string[] =>
  readdirSync(folder)
    .filter((file) => /\.\d{8}T\d{9}Z$/.test(file) && file.startsWith(`${name}.`))
    .sort()
    .map((file) => join(folder, file));
const textOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const rewrite = (path: string, lines: readonly string[]): void => {
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
};
/** The problems of a log, each as one text. */
async function problemsOf(path: string, heads: readonly string[] = []): Promise<string[]> {
  const { problems } = await verifyLog(path, keys, heads);
  return problems.map(({ what, file, where }) => `${what}: ${file.replace(/\.\d{8}T\d{9}Z$/, '.T')}: ${where}`);
}

describe('a chain', () => {
  it('proves the closed segments and the actions, and leaves the open segment unproven', async () => {
    const path = await madeLog();
    const report = await verifyLog(path, keys, []);
    expect(report).toMatchObject({ problems: [], entries: 4, segments: 3, lines: 3 * LINES, expired: 0, actions: 1 });
    expect(report.unproven.map(({ file }) => file)).toEqual(['decisions.jsonl']);
    // Beside the program: each hash by hand.
    const stated = textOf(`${path}.chain`).map((line) => parseEntry(line)!);
    const hashes = stated.flatMap((entry) => (entry.kind === 'segment' ? [entry.segment.sha256] : []));
    expect(hashes).toEqual(segments().map((file) => createHash('sha256').update(readFileSync(file)).digest('hex')));
  });

  it.each([
    [
      'a removed line',
      (lines: string[]) => lines.toSpliced(100, 1),
      /299 lines, 300 were signed;.*seq 401 is missing before line 101; the first difference is in lines \d+ to \d+/,
    ],
    ['two removed lines', (lines: string[]) => lines.toSpliced(7, 2), /seq 308 to 309 are missing before line 8/],
    ['the first line, removed', (lines: string[]) => lines.slice(1), /the first line has seq 302, 301 was signed/],
    ['the last line, removed', (lines: string[]) => lines.slice(0, -1), /the last line has seq 599, 600 was signed/],
    [
      'swapped lines',
      (lines: string[]) => lines.toSpliced(50, 2, lines[51]!, lines[50]!),
      /line 52 has seq 351 after 352/,
    ],
    [
      'an added line',
      (lines: string[]) => lines.toSpliced(9, 0, lines[8]!),
      /301 lines, 300 were signed;.*line 10 has seq 309 after 309/,
    ],
    [
      'a changed byte',
      (lines: string[]) => lines.with(200, lines[200]!.replace('xx', 'xy')),
      /^changed: decisions.jsonl.T: the first difference is in lines \d+ to \d+$/,
    ],
  ])('finds %s and says where', async (_what, edit, expected) => {
    const path = await madeLog();
    rewrite(segments()[1]!, edit(textOf(segments()[1]!)));
    const problems = await problemsOf(path);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it('finds a removed segment, and one that was added', async () => {
    const path = await madeLog();
    const [first] = segments();
    const copy = `${path}.20200101T000000000Z`;
    copyFileSync(first!, copy);
    unlinkSync(first!);
    expect(await problemsOf(path)).toEqual([
      'removed: decisions.jsonl.T: the segment of 300 lines is not there',
      'added: decisions.jsonl.T: it has no entry in the chain, and later segments have',
    ]);
  });

  it('finds a segment from another sensor, alone and with its entry', async () => {
    const path = await madeLog();
    const other = await madeLog('other.jsonl', { site: 'karachi-2', isp: 'example' }, newKey('other.key'));
    copyFileSync(segments('other.jsonl')[0]!, segments()[0]!);
    expect(await problemsOf(path)).toEqual([
      expect.stringMatching(
        /^foreign: decisions.jsonl.T: its lines are of another sensor: .*site karachi-2, not lahore-1/,
      ),
    ]);
    const lines = textOf(`${path}.chain`);
    rewrite(`${path}.chain`, [textOf(`${other}.chain`)[0]!, ...lines.slice(1)]);
    expect((await problemsOf(path)).join('\n')).toMatch(/foreign: decisions.jsonl.chain: entry 0 is signed by key/);
  });

  it('finds entries that were removed, changed or moved', async () => {
    const path = await madeLog();
    const lines = textOf(`${path}.chain`);
    rewrite(`${path}.chain`, lines.toSpliced(1, 1));
    expect((await problemsOf(path)).join('\n')).toMatch(
      /removed: decisions.jsonl.chain: entry 1 is missing before line 2/,
    );
    rewrite(`${path}.chain`, lines.with(1, lines[1]!.replace('"lines":300', '"lines":301').replace('reload', 'reset')));
    expect((await problemsOf(path)).join('\n')).toMatch(/changed: .*signature of entry 1 is not valid/);
    rewrite(`${path}.chain`, lines.with(1, lines[2]!).with(2, lines[1]!));
    expect((await problemsOf(path)).length).toBeGreaterThan(0);
  });

  it('calls a cut end unproven, and finds it by an anchored head', async () => {
    const path = await madeLog();
    const { head } = await verifyLog(path, keys, []);
    writeFileSync(path, '');
    rewrite(`${path}.chain`, textOf(`${path}.chain`).slice(0, -1));
    const cut = await verifyLog(path, keys, []);
    expect(cut.problems).toEqual([]);
    expect(cut.unproven.map(({ bytes }) => bytes > 0)).toEqual([true, false]);
    expect(await problemsOf(path, [head])).toEqual([
      expect.stringMatching(/^removed: .*anchored head .* is not in it/),
    ]);
    expect(await verifyLog(path, keys, [cut.head])).toMatchObject({ problems: [], anchored: 3 });
  });

  it('has a signed stub of each segment that expired', async () => {
    const path = await madeLog('decisions.jsonl', LAHORE, key, 1);
    expect(segments()).toHaveLength(1);
    expect(await verifyLog(path, keys, [])).toMatchObject({ problems: [], segments: 1, expired: 2 });
  });

  it('goes on after a kill at any moment: a torn entry, a segment without its entry, a stub whose segment is there', async () => {
    const path = await madeLog();
    const whole = readFileSync(`${path}.chain`);
    const random = new SeededRandom(7);
    for (let round = 0; round < 40; round++) {
      writeFileSync(`${path}.chain`, whole.subarray(0, random.below(whole.length + 1)));
      expect(await problemsOf(path)).toEqual([]);
      const chain = new SegmentChain(path, { key, sensor: LAHORE, kept: 10 });
      expect(await chain.start()).toBeNull();
      await chain.close();
      expect(await verifyLog(path, keys, [])).toMatchObject({ problems: [], segments: 3 });
    }
    const [first] = segments();
    const bytes = readFileSync(first!);
    const expiring = new SegmentChain(path, { key, sensor: LAHORE, kept: 2 });
    await expiring.start();
    await expiring.close();
    writeFileSync(first!, bytes);
    const again = new SegmentChain(path, { key, sensor: LAHORE, kept: 10 });
    await again.start();
    await again.close();
    expect(segments()).toHaveLength(2);
    expect(await verifyLog(path, keys, [])).toMatchObject({ problems: [], segments: 2, expired: 1 });
  });

  it('is set aside where its last line is no entry, and a new one begins', async () => {
    const path = await madeLog();
    appendFileSync(`${path}.chain`, 'no entry\n');
    const chain = new SegmentChain(path, { key, sensor: LAHORE, kept: 10 });
    expect(await chain.start()).toMatch(/\.chain\.broken-/);
    await chain.close();
    expect(await verifyLog(path, keys, [])).toMatchObject({ problems: [], entries: 3, segments: 3 });
  });
});

describe('a reading of a segment', () => {
  it('gives the same marks as a plain reading, wherever pieces are cut', async () => {
    const random = new SeededRandom(3);
    const path = join(folder, 'segment');
    const lines = Array.from({ length: 4000 }, (_, seq) => `{"v":"${'y'.repeat(random.below(400))}","seq":${seq + 1}}`);
    rewrite(path, lines);
    const { facts, blocks } = await readSegment(path);
    const marks: string[] = [];
    let block = '';
    for (const line of lines) {
      block += `${line}\n`;
      if (block.length < facts.block) continue;
      marks.push(createHash('sha256').update(block).digest('hex').slice(0, 16));
      block = '';
    }
    if (block !== '') marks.push(createHash('sha256').update(block).digest('hex').slice(0, 16));
    expect(facts).toMatchObject({ lines: 4000, first_seq: 1, last_seq: 4000, marks });
    expect(blocks.at(-1)!.lastLine).toBe(4000);
  });
});
