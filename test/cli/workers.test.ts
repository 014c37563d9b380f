/** One thread and several produce byte-identical output for the same captures. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, ROOT, sluice, start, temporaryFolder, untilWritten, withoutProvenance } from './sluice.ts';

const folder = temporaryFolder();
const MIXED = join(folder, 'mixed.pcap');
/** Enough for batches and blocks to be reused many times. */
execFileSync(process.execPath, [join(ROOT, 'bench/generate/main.mjs'), '--packets', '120000', MIXED]);

/** Far more simultaneous flows than the limit of its test, some of them VPNs. */
const NEW_FLOWS = join(folder, 'new-flows.pcap');
const MANY = ['--packets', '120000', '--flows', '60000', '--concurrent', '50000', '--rate', '1000000'];
execFileSync(process.execPath, [join(ROOT, 'bench/generate/main.mjs'), ...MANY, NEW_FLOWS]);

async function replayed(captures: readonly string[], flags: readonly string[], workers: number): Promise<string[]> {
  const decisions = join(folder, `decisions-${workers}`);
  const flows = join(folder, `flows-${workers}`);
  const forwarded = join(folder, `forwarded-${workers}`);
  const dropped = join(folder, `dropped-${workers}.pcapng`);
  const { code, stdout, stderr } = await sluice([
    ...['replay', ...captures, ...flags, '--workers', String(workers), '--json'],
    ...['--decisions', decisions, '--flows', flows, '--forwarded', forwarded, '--dropped', dropped, '--force'],
  ]);
  const files = [decisions, flows, forwarded, dropped].map((path) => readFileSync(path, 'latin1'));
  return [String(code), withoutProvenance(stdout), stderr.replaceAll(/-\d\b/g, ''), ...files];
}

const THROTTLE = join(folder, 'throttle.yaml');
writeFileSync(
  THROTTLE,
  `name: slow
mode: enforce
rules:
  - { name: slow, when: { stage: confirmed }, action: throttle, rate: 8kbit/s, burst: 3kB, per: client }
`,
);

describe('several threads give what one gives', () => {
  it.each<[string, string[], string[], number[]]>([
    ['of mixed traffic', [MIXED], ['--mode', 'enforce'], [2, 3, 4]],
    ['of delayed packets', [MIXED], ['--policy', THROTTLE], [2, 3]],
    ['of more flows than there is room for', [MIXED], ['--max-flows', '500'], [2, 3]],
    ['of more flows than there is room for in several tables', [NEW_FLOWS], ['--max-flows', '20000'], [2, 3, 5]],
    ['of flows in more tables than there is much for', [MIXED], ['--max-flows', '16384', '--mode', 'enforce'], [6]],
    ['of a folder as one capture', [join(ROOT, 'captures')], [], [2, 4]],
    ['of a folder, each file for itself', [join(ROOT, 'captures')], ['--each'], [2, 3]],
  ])('%s', async (_, captures, flags, threads) => {
    const one = await replayed(captures, flags, 1);
    expect(one[0]).toBe('0');
    expect(one[3]).not.toBe('');
    for (const workers of threads) {
      const several = await replayed(captures, flags, workers);
      // Not `toEqual`: it would print a difference of a hundred megabytes.
      expect([workers, ...several.map((text, i) => text === one[i])]).toEqual([workers, ...one.map(() => true)]);
    }
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

describe('flows whose ends are not reported', () => {
  it.each<[string, string[], number]>([
    ['in one thread', [MIXED], 1],
    ['in two', [MIXED], 2],
    ['evicted, in one thread', [NEW_FLOWS, '--max-flows', '20000'], 1],
    ['evicted, in two', [NEW_FLOWS, '--max-flows', '20000'], 2],
  ])('are counted as those are that are written: %s', async (_, args, workers) => {
    const replay = async (...flags: string[]): Promise<unknown> => {
      const { stdout } = await sluice(['replay', ...args, '--workers', String(workers), '--json', '--force', ...flags]);
      return JSON.parse(withoutProvenance(stdout));
    };
    const told = (await replay('--flows', join(folder, 'told'))) as { flows: { ended: Record<string, number> } };
    expect(await replay()).toEqual(told);
    const lines = readFileSync(join(folder, 'told'), 'latin1').trimEnd().split('\n');
    expect(Object.values(told.flows.ended).reduce((sum, count) => sum + count, 0)).toBe(lines.length);
  });
});

it('ends on a signal with what was read so far', async () => {
  const args = ['replay', ...Array.from({ length: 200 }, () => MIXED), '--workers', '2', '--json'];
  const decisions = join(folder, 'until-signal');
  const child = start([...args, '--decisions', decisions]);
  const end = ended(child);
  await untilWritten(decisions, 1000);
  child.kill('SIGINT');
  const { code, stdout } = await end;
  expect(code).toBe(130);
  const { packets, interrupted } = JSON.parse(stdout) as {
    packets: { read: number };
    interrupted: { signal: string; file_number: number; packet: number; bytes_total: number; share: number };
  };
  expect(interrupted).toMatchObject({ signal: 'SIGINT', files: 200, bytes_total: 200 * statSync(MIXED).size });
  expect((interrupted.file_number - 1) * 120_000 + interrupted.packet).toBe(packets.read);
  expect(interrupted.share).toBeCloseTo(packets.read / (200 * 120_000), 2);
  expect(packets.read).toBeGreaterThan(0);
  expect(packets.read).toBeLessThan(200 * 120_000);
});
