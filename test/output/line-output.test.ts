import { spawn } from 'node:child_process';
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
  it('arrive in order, with settles between or without', async () => {
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

  it('none make an empty file', async () => {
    const path = join(folder, 'none');
    await new LineOutput(path).close();
    expect(readFileSync(path)).toHaveLength(0);
  });

  it('a missing folder fails with the path and the reason', async () => {
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

/** Runs lines through standard output in a process of its own, as the class takes it over. */
const PROGRAM = `
import { LineOutput } from ${JSON.stringify(new URL('../../dist/output/log/line-output.js', import.meta.url).href)};
const output = new LineOutput('-');
let highest = 0;
try {
  for (let i = 0; i < 40; i++) {
    output.write('x'.repeat(1 << 20) + '\\n');
    await output.settle();
    highest = Math.max(highest, process.stdout.writableLength);
  }
  await output.close();
  process.stderr.write('pending at most ' + highest);
} catch (error) {
  process.stderr.write(error.constructor.name + ': ' + error.message + ' ' + error.closedByReader);
  process.exitCode = 1;
}
`;

function runProgram(): ReturnType<typeof spawn> {
  return spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('lines to standard output', () => {
  it('wait for a slow reader instead of piling up', async () => {
    const child = runProgram();
    let received = 0;
    let said = '';
    child.stderr!.on('data', (piece: Buffer) => (said += piece.toString()));
    child.stdout!.on('data', (piece: Buffer) => {
      received += piece.length;
      child.stdout!.pause();
      setTimeout(() => child.stdout!.resume(), 1);
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(said).toMatch(/^pending at most \d+$/);
    expect(Number(said.split(' ').at(-1))).toBeLessThan(2 << 20);
    expect([code, received]).toEqual([0, 40 * ((1 << 20) + 1)]);
  });

  it('end with a sentence where the reader goes away', async () => {
    const child = runProgram();
    let said = '';
    child.stderr!.on('data', (piece: Buffer) => (said += piece.toString()));
    child.stdout!.once('data', () => child.stdout!.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(said).toBe('OutputError: standard output was closed by its reader before all was written true');
    expect(code).toBe(1);
  });
});
