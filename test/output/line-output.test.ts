import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LineOutput } from '../../src/output/log/line-output.ts';
import { OutputError } from '../../src/output/log/output-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'line-output-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function failureOf(work: () => Promise<void>): Promise<OutputError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof OutputError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('lines to a file', () => {
  it('arrive in order, with and without calls of settle in between', async () => {
    const path = join(folder, 'lines');
    const output = new LineOutput(path);
    const expected: string[] = [];
    for (let i = 0; i < 50_000; i++) {
      const line = `${i} ${'x'.repeat(i % 100)}\n`;
      expected.push(line);
      output.write(line);
      if (i % 997 === 0) await output.settle();
    }
    await output.close();
    expect(readFileSync(path, 'utf8')).toBe(expected.join(''));
  });

  it('make an empty file if there are none', async () => {
    const path = join(folder, 'none');
    await new LineOutput(path).close();
    expect(readFileSync(path)).toHaveLength(0);
  });

  it('fail with the path and the reason if the folder is missing', async () => {
    const path = join(folder, 'no', 'lines');
    const failure = await failureOf(async () => {
      const output = new LineOutput(path);
      output.write('x\n');
      await output.settle();
      await output.close();
    });
    expect(failure.message).toContain(`cannot write ${path}: ENOENT`);
    expect(failure.closedByReader).toBe(false);
  });

  it.skipIf(!existsSync('/dev/full')).each([1, 100_000])('a full disk fails, also of %i lines', async (count) => {
    const failure = await failureOf(async () => {
      const output = new LineOutput('/dev/full');
      for (let i = 0; i < count; i++) {
        output.write('a line of some length, to fill what is gathered\n');
        if (i % 1000 === 0) await output.settle();
      }
      await output.close();
    });
    expect(failure.message).toContain('cannot write /dev/full: ENOSPC');
  });
});
