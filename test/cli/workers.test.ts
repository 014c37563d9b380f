/** One thread and two make the same of the same captures, octet by octet. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, ROOT, sluice, start, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
const MIXED = join(folder, 'mixed.pcap');
/** Enough for batches and blocks to go round many times. */
execFileSync(process.execPath, [join(ROOT, 'bench/generate/main.mjs'), '--packets', '120000', MIXED]);

async function replayed(captures: readonly string[], flags: readonly string[], workers: number): Promise<string[]> {
  const decisions = join(folder, `decisions-${workers}`);
  const flows = join(folder, `flows-${workers}`);
  const forwarded = join(folder, `forwarded-${workers}`);
  const { code, stdout, stderr } = await sluice([
    ...['replay', ...captures, ...flags, '--workers', String(workers), '--json'],
    ...['--decisions', decisions, '--flows', flows, '--forwarded', forwarded],
  ]);
  const files = [decisions, flows, forwarded].map((path) => readFileSync(path, 'latin1'));
  return [String(code), stdout, stderr.replaceAll(/-\d\b/g, ''), ...files];
}

describe('two workers give what one gives', () => {
  it.each<[string, string[], string[], string]>([
    ['of mixed traffic', [MIXED], ['--mode', 'enforce'], '0'],
    ['of more flows than there is room for', [MIXED], ['--max-flows', '500'], '0'],
    ['of a folder as one capture', [join(ROOT, 'captures')], [], '0'],
    ['of a folder, each file for itself', [join(ROOT, 'captures')], ['--each'], '0'],
  ])('%s', async (_, captures, flags, code) => {
    const one = await replayed(captures, flags, 1);
    expect(one[0]).toBe(code);
    expect(one[3]).not.toBe('');
    const two = await replayed(captures, flags, 2);
    // Not `toEqual`: a difference in a hundred megabytes is no text for people.
    expect(two.map((text, i) => text === one[i])).toEqual(one.map(() => true));
  });

  it('of captures that are cut or are none', async () => {
    const cut = join(folder, 'cut.pcap');
    writeFileSync(cut, readFileSync(MIXED).subarray(0, 3_000_001));
    const none = join(folder, 'none.pcap');
    writeFileSync(none, 'text');
    const one = await replayed([cut, none, MIXED], ['--each'], 1);
    expect(one[0]).toBe('4');
    expect(one[2]).toContain('packet record');
    expect(await replayed([cut, none, MIXED], ['--each'], 2)).toEqual(one);
  });
});

it('ends on a signal with what was read so far', async () => {
  const args = ['replay', ...Array.from({ length: 200 }, () => MIXED), '--workers', '2', '--json'];
  const child = start(args);
  setTimeout(() => child.kill('SIGINT'), 3000);
  const { code, stdout } = await ended(child);
  expect(code).toBe(130);
  const { packets } = JSON.parse(stdout) as { packets: { read: number } };
  expect(packets.read).toBeGreaterThan(0);
  expect(packets.read).toBeLessThan(200 * 120_000);
});
