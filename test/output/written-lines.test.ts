/** Events that a log has on disk after a checkpoint: which come again, and what is done with a line that was cut. */
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RotatingFile } from '../../src/output/log/rotating-file.ts';
import { TornLine } from '../../src/output/log/torn-line.ts';
import { isMadeAgain, readWritten, type WrittenLines } from '../../src/output/log/written-lines.ts';
import { SeededRandom } from '../kit/random.mjs';

const TIME = '2024-11-10T18:00:00.000000Z';
const body = (text: string, type = 'decision'): string =>
  `{"timestamp":"${TIME}","event_type":"${type}","text":"${text}"`;
const line = (text: string, seq: number, type?: string): string => `${body(text, type)},"seq":${seq}}\n`;

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function open(): Promise<RotatingFile> {
  const file = new RotatingFile(path, { bytes: Infinity, ageMs: Infinity, kept: 9 });
  await file.start();
  return file;
}

async function written(position: { inode: number; octets: number }, taken: readonly string[] = []) {
  return readWritten(path, { position, taken });
}

describe('events on disk', () => {
  it('are taken once for each time that they are there, in any order', async () => {
    writeFileSync(path, line('a', 1) + line('b', 2) + line('a', 3) + line('own', 4, 'stats'));
    const inode = statSync(path).ino;
    const { lines, isKnown } = await written({ inode, octets: line('a', 1).length });
    expect([isKnown, lines.lastSeq, lines.count]).toEqual([true, 4, 2]);
    expect([lines.take(body('a')), lines.take(body('a')), lines.take(body('b')), lines.take(body('c'))]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([lines.count, lines.linesLeft]).toEqual([0, null]);
  });

  it('are found in all files that were rotated since; without the first one only in the current file', async () => {
    const file = await open();
    const at = file.position;
    for (const [seq, text] of ['a', 'b', 'c'].entries()) {
      await file.write(Buffer.from(line(text, seq + 1)));
      // Another millisecond, another name.
      await sleep(3);
      if (text !== 'c') await file.rotate();
    }
    await file.close();
    expect((await written(at)).lines.count).toBe(3);
    expect(await written({ inode: -1, octets: 0 })).toMatchObject({ isKnown: false, lines: { count: 1, lastSeq: 3 } });
    renameSync(path, `${path}.1`);
    writeFileSync(path, '');
    expect((await written(at)).lines.count).toBe(3);
  });

  it('are those left at any checkpoint in between, as a plain list of what was written and made again says', async () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 20; round++) {
      const texts = Array.from({ length: 1 + random.below(20) }, () => random.pick(['a', 'b', 'c', 'd', 'e']));
      const types = texts.map(() => (random.chance(0.2) ? 'stats' : 'decision'));
      writeFileSync(path, texts.map((text, seq) => line(text, seq + 1, types[seq])).join(''));
      const inode = statSync(path).ino;
      let lines: WrittenLines = (await written({ inode, octets: 0 })).lines;
      const left = texts.filter((_, place) => types[place] === 'decision');
      while (left.length > 0) {
        const text = random.pick(['a', 'b', 'c', 'd', 'e', 'f']);
        const place = left.indexOf(text);
        expect(lines.take(body(text))).toBe(place >= 0);
        if (place >= 0) left.splice(place, 1);
        expect(lines.count).toBe(left.length);
        if (!random.chance(0.3)) continue;
        const next = lines.linesLeft;
        if (next === null) expect(left).toEqual([]);
        else lines = (await written(next.position, next.taken)).lines;
      }
      expect(lines.linesLeft).toBeNull();
    }
  });

  it('come again from packets for decisions, ends of flows and trips, and for nothing else', () => {
    for (const type of ['decision', 'flow']) expect(isMadeAgain(line('a', 1, type))).toBe(true);
    for (const type of ['stats', 'reload', 'gap', 'action']) expect(isMadeAgain(line('a', 1, type))).toBe(false);
    const breaker = (state: string): string =>
      `{"timestamp":"${TIME}","event_type":"breaker","breaker":{"state":"${state}"`;
    expect([isMadeAgain(breaker('tripped')), isMadeAgain(breaker('reset'))]).toEqual([true, false]);
  });
});

describe('a line that was cut', () => {
  async function torn(length: number): Promise<{ line: TornLine; file: RotatingFile }> {
    writeFileSync(path, line('a', 1));
    appendFileSync(path, line('b', 2).slice(0, length));
    const file = await open();
    return { line: new TornLine(file), file };
  }

  it('is completed by the line that begins with it, whatever its length', async () => {
    for (let length = 1; length < line('b', 2).length; length++) {
      const { line: unfinished, file } = await torn(length);
      expect(unfinished.complete(line('b', 2))).toBe(true);
      expect(readFileSync(path, 'utf8')).toBe(line('a', 1) + line('b', 2));
      expect(file.position.octets).toBe(line('a', 1).length + line('b', 2).length);
      await file.close();
    }
  });

  it('is cut where another line comes', async () => {
    const { line: unfinished, file } = await torn(line('b', 2).length - 3);
    expect(unfinished.complete(line('c', 2))).toBe(false);
    unfinished.cut();
    expect(readFileSync(path, 'utf8')).toBe(line('a', 1));
    await file.close();
  });

  it('has events of the daemon itself wait for it, up to a bound', async () => {
    const { line: unfinished, file } = await torn(20);
    expect(unfinished.holds(body('b'))).toBe(false);
    for (let event = 0; event < 1000; event++) expect(unfinished.holds(body(String(event), 'stats'))).toBe(true);
    expect(unfinished.holds(body('one more', 'stats'))).toBe(false);
    expect(unfinished.waiting).toHaveLength(1000);
    await file.close();
  });
});
