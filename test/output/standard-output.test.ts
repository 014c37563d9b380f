/** Event lines to standard output. They run in a child process, because LineOutput uses all of standard output. */
import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** Writes lines to standard output in a child process. */
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
  it('wait for a slow reader with bounded memory', async () => {
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

  it('end with a message if the reader closes the pipe', async () => {
    const child = runProgram();
    let said = '';
    child.stderr!.on('data', (piece: Buffer) => (said += piece.toString()));
    child.stdout!.once('data', () => child.stdout!.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(said).toBe('OutputError: standard output was closed by its reader before all was written true');
    expect(code).toBe(1);
  });
});
