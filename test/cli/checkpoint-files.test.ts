/** The files of checkpoints: what is saved is found again, and nothing that a fault has changed is ever taken for it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateCopy } from '../../src/core/snapshot.ts';
import {
  CHECKPOINT_NAME,
  checkpointIdentity,
  findCheckpoint,
  RESERVE_NAME,
  rulesOfCheckpoints,
  saveCheckpoint,
  setCheckpointAside,
} from '../../src/daemon/checkpoint/checkpoint-files.ts';
import { checkpointBody } from '../../src/daemon/checkpoint/checkpoint-form.ts';

const ENGINE: StateCopy = {
  parts: ['counters', 'dataplane'],
  numbers: [1, NaN, -Infinity],
  data: [{ regions: [] }, null],
  columns: [
    { length: 4, bytes: Uint8Array.of(1, 2, 3) },
    { length: 2, bytes: new Uint8Array() },
  ],
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const path = (name = CHECKPOINT_NAME): string => join(folder, name);

/** Saves a checkpoint with this number; returns what came of it. */
function save(number: number, limit = Infinity, bytes = 0): ReturnType<typeof saveCheckpoint> {
  const place = { folder, build: 'a build', limit };
  return saveCheckpoint(place, `rules ${number}`, () => [...checkpointBody({ number }, ENGINE), new Uint8Array(bytes)]);
}

const found = (): unknown => findCheckpoint(folder).checkpoint?.document;
const total = (): number => readdirSync(folder).reduce((sum, name) => sum + statSync(path(name)).size, 0);

describe('a checkpoint', () => {
  it('is found as it was saved, readable by its owner only, and the one before it is in reserve', () => {
    expect(findCheckpoint(folder)).toMatchObject({ checkpoint: null, broken: [] });
    expect(save(1)).toMatchObject({ problem: null });
    const before = checkpointIdentity(folder);
    const { bytes } = save(2);
    expect(checkpointIdentity(folder)).not.toBe(before);
    const { checkpoint, broken, isReserve } = findCheckpoint(folder);
    expect(checkpoint).toMatchObject({ document: { number: 2 }, engine: ENGINE, build: 'a build', rules: 'rules 2' });
    expect([broken, isReserve]).toEqual([[], false]);
    expect(statSync(path()).size).toBe(bytes);
    for (const name of readdirSync(folder)) expect(statSync(path(name)).mode & 0o777).toBe(0o600);
    expect(rulesOfCheckpoints(folder)).toEqual(['rules 2', 'rules 1']);
    expect(readdirSync(folder).sort()).toEqual([RESERVE_NAME, CHECKPOINT_NAME]);
  });

  it('is not used with any one byte changed: the one before it is', () => {
    save(1);
    save(2);
    const whole = readFileSync(path());
    for (let at = 0; at < whole.length; at++) {
      const broken = Buffer.from(whole);
      broken[at]! ^= 1 << (at % 8);
      writeFileSync(path(), broken);
      const { checkpoint, broken: problems, isReserve } = findCheckpoint(folder);
      expect([checkpoint?.document, isReserve, problems.length], `byte ${at}`).toEqual([{ number: 1 }, true, 1]);
    }
  });

  it('is not used where it is cut at any place, nor where something follows', () => {
    save(1);
    save(2);
    const whole = readFileSync(path());
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path(), whole.subarray(0, length));
      expect(found(), `${length} bytes`).toEqual({ number: 1 });
    }
    writeFileSync(path(), Buffer.concat([whole, Buffer.from('x')]));
    expect(found()).toEqual({ number: 1 });
  });

  it('is not there where both files are broken, and these are kept under another name', () => {
    save(1);
    save(2);
    for (const name of [CHECKPOINT_NAME, RESERVE_NAME]) writeFileSync(path(name), 'x');
    const { checkpoint, broken } = findCheckpoint(folder);
    expect(checkpoint).toBeNull();
    expect(broken.map(({ problem }) => problem)).toEqual(Array(2).fill('its first line is not JSON'));
    for (const one of broken) expect(readFileSync(setCheckpointAside(one), 'utf8')).toBe('x');
    expect(findCheckpoint(folder)).toMatchObject({ checkpoint: null, broken: [] });
  });

  it('of another schema is refused with both numbers', () => {
    save(1);
    writeFileSync(path(), readFileSync(path(), 'latin1').replace('"schema":2', '"schema":9'), 'latin1');
    expect(findCheckpoint(folder).broken).toMatchObject([{ problem: 'its schema is 9; this program reads 1 and 2' }]);
  });

  it('stays where the next one cannot be written, and nothing else is left', () => {
    save(1);
    mkdirSync(path('checkpoint.new'));
    expect(save(2).problem).toMatchObject({ code: expect.stringMatching(/^(EISDIR|ERR_FS_EISDIR)$/) as string });
    rmSync(path('checkpoint.new'), { recursive: true });
    const tooMuch = saveCheckpoint({ folder, build: '', limit: Infinity }, '', () => {
      throw new Error('no more memory');
    });
    expect(tooMuch).toEqual({ bytes: 0, problem: { message: 'no more memory', code: 'error' } });
    expect(found()).toEqual({ number: 1 });
    expect(readdirSync(folder)).toEqual([CHECKPOINT_NAME]);
  });

  it('takes no more than the limit, with those before it: the reserve goes first, then the new one is refused', () => {
    const { bytes } = save(1, Infinity, 1000);
    const limit = Math.floor(2.5 * bytes);
    expect([save(2, limit, 1000).problem, save(3, limit, 1000).problem]).toEqual([null, null]);
    expect(total()).toBeLessThanOrEqual(limit);
    expect(found()).toEqual({ number: 3 });
    const { problem } = save(4, limit, 2000);
    expect(problem).toMatchObject({ code: 'too-large', message: expect.stringContaining('--max-state') as string });
    expect(found()).toEqual({ number: 3 });
    expect(total()).toBeLessThanOrEqual(limit);
  });
});
