/** How commands end: failing outputs, truncated captures, signals. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, jsonLines, ROOT, sluice, start, temporaryFolder, untilWritten } from './sluice.ts';

const folder = temporaryFolder();
const REKEY = readFileSync(join(ROOT, 'captures/wireguard/rekey.pcap'));

/** A message of the command, without a stack trace. */
function expectSentence(stderr: string, sentence: string): void {
  expect(stderr).toContain(`sluice: ${sentence}`);
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(stderr).not.toContain('node:');
}

describe.skipIf(!existsSync('/dev/full'))('a full disk ends with 1', () => {
  it.each([['--decisions'], ['--flows'], ['--forwarded']])('under %s', async (flag) => {
    const { code, stderr } = await sluice(['replay', 'captures', '--each', flag, '/dev/full']);
    expectSentence(stderr, 'cannot write /dev/full: ENOSPC');
    expect(code).toBe(1);
  });

  it.each([
    ['replay', 'captures/wireguard'],
    ['replay', 'captures/wireguard', '--json'],
    ['replay', 'captures/wireguard', '--decisions', '-'],
    ['check'],
    ['lookup', '198.51.100.1'],
    ['replay', '--help'],
    ['--version'],
  ])('on standard output: %s %s %s %s', async (...args) => {
    const full = openSync('/dev/full', 'w');
    const { code, stderr } = await sluice(
      args.filter((arg) => typeof arg === 'string'),
      { stdout: full },
    );
    closeSync(full);
    expectSentence(stderr, 'cannot write standard output: ENOSPC');
    expect(stderr.match(/cannot write/g)).toHaveLength(1);
    expect(code).toBe(1);
  });
});

describe('an output whose folder does not exist ends with 2', () => {
  it.each(['--decisions', '--flows', '--forwarded', '--dropped'])('under %s', async (flag) => {
    const path = join(folder, 'no', 'such', 'folder');
    const { code, stderr } = await sluice(['replay', 'captures/wireguard', flag, path]);
    expectSentence(stderr, `cannot write ${path}: its folder does not exist`);
    expect(code).toBe(2);
  });
});

describe('a reader that goes away', () => {
  it.each([
    ['replay captures --each --decisions - --quiet'],
    ['replay captures --each --flows - --quiet'],
    // More text than fits a pipe.
    [`lookup ${'198.51.100.1 '.repeat(2000)}`],
  ])('%.40s', async (line) => {
    const child = start(line.trim().split(' '));
    child.stdout!.once('data', () => child.stdout!.destroy());
    let stderr = '';
    child.stderr!.on('data', (piece: Buffer) => (stderr += piece.toString()));
    const code = await new Promise((end) => child.on('close', end));
    expectSentence(stderr, 'standard output was closed by its reader before all was written');
    expect(code).toBe(1);
  });

  it('is no stack trace in a shell either', () => {
    const command = `"${process.execPath}" dist/bin/sluice.js replay captures --each --decisions - | head -n 1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: ROOT, encoding: 'utf8' });
    expect(jsonLines(stdout)).toHaveLength(1);
    expectSentence(stderr, 'standard output was closed by its reader');
  });
});

describe('a capture that cannot be read to its end ends with 4', () => {
  const text = join(folder, 'text.pcap');
  writeFileSync(text, 'This is a text, whatever its name says.\n'.repeat(20));
  const cut = join(folder, 'cut.pcap');
  writeFileSync(cut, REKEY.subarray(0, REKEY.length - 11));

  it('cut: what was readable is decided and counted', async () => {
    const { code, stdout, stderr } = await sluice(['replay', cut, '--decisions', join(folder, 'cut.jsonl'), '--json']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^sluice: .*cut\.pcap: .* at byte \d+$/m);
    const summary = JSON.parse(stdout) as {
      incomplete: object[];
      packets: { read: number; in_flows: number; not_decoded: Record<string, number> };
    };
    expect(summary.incomplete).toEqual([{ file: cut, fault: 'cut-packet', message: expect.any(String) as string }]);
    const { read, in_flows: inFlows, not_decoded: others } = summary.packets;
    expect(read).toBeGreaterThan(50);
    expect(read).toBe(inFlows + Object.values(others).reduce((sum, count) => sum + count, 0));
    expect(jsonLines(readFileSync(join(folder, 'cut.jsonl'), 'utf8')).length).toBeGreaterThan(1);
  });

  it('a text by the name of a capture: named, and the others are read', async () => {
    const { code, stdout, stderr } = await sluice(['replay', text, 'captures/wireguard/rekey.pcap', '--each']);
    expect(code).toBe(4);
    expect(stderr).toContain('text.pcap: neither pcap nor pcapng by its first bytes');
    expect(stdout).toContain('1 of them VPN');
  });

  it('and where that is all, the summary does not claim a flow for every packet', async () => {
    const { stdout } = await sluice(['replay', text]);
    expect(stdout).toContain('1 capture, 0 packets: nothing could be read');
    expect(stdout).not.toContain('No packet was read.');
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['half a header', REKEY.subarray(0, 12)],
    ['half a gzip header', Uint8Array.of(0x1f, 0x8b, 8)],
  ])('%s on standard input', async (_what, input) => {
    const { code, stderr } = await sluice(['replay', '-'], { input });
    expect(stderr).toMatch(/^sluice: -: /m);
    expect(code).toBe(4);
  });

  it('explain of a cut capture too', async () => {
    const events = await sluice(['replay', cut, '--decisions', '-', '--quiet']);
    const id = String(jsonLines(events.stdout)[0]!.flow_id);
    const { code, stdout } = await sluice(['explain', cut, '--flow', id]);
    expect(code).toBe(4);
    expect(stdout).toContain(`Flow ${id}`);
  });
});

describe('a signal while standard input stays open', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends with %i, with what was read flushed', async (signal, code) => {
    const decisions = join(folder, `${signal}.jsonl`);
    const child = start(['replay', '-', '--decisions', decisions, '--flows', '-']);
    const end = ended(child);
    child.stdin!.write(REKEY);
    await untilWritten(decisions, 2);
    child.kill(signal);
    const { code: seen, stdout, stderr } = await end;
    expect(seen).toBe(code);
    expect(jsonLines(readFileSync(decisions, 'utf8')).length).toBeGreaterThan(1);
    expect(jsonLines(stdout).map(({ event_type: type }) => type)).toEqual(['flow']);
    expect(stderr).toMatch(/^1 capture, 73 packets, 1 flow, 1 of them VPN\.$/m);
    const place = 'after packet 73 of standard input, packet time 2026-11-22T05:22:18.522809Z. So far:';
    expect(stderr).toContain(`Interrupted by ${signal} ${place}\n`);
  });

  it('before anything came ends as well', async () => {
    const decisions = join(folder, 'none.jsonl');
    const child = start(['replay', '-', '--json', '--decisions', decisions]);
    const end = ended(child);
    // Outputs are opened just before signals are watched.
    await untilWritten(decisions, 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGINT');
    const { code, stdout, stderr } = await end;
    expect(code).toBe(130);
    expect(stderr).toBe('sluice: interrupted by SIGINT before a packet of standard input was read\n');
    expect(JSON.parse(stdout)).toMatchObject({
      packets: { read: 0 },
      interrupted: { signal: 'SIGINT', file: '-', file_number: 1, files: 1, packet: 0, time: null, share: null },
    });
  });

  it('behind files that were read: says how far it came, and that the share of all bytes is not known', async () => {
    const decisions = join(folder, 'behind.jsonl');
    const rekey = 'captures/wireguard/rekey.pcap';
    const child = start(['replay', rekey, '-', '--each', '--json', '--decisions', decisions]);
    const end = ended(child);
    child.stdin!.write(REKEY);
    await untilWritten(decisions, 4);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await end;
    expect(code).toBe(143);
    expect(stderr).toContain(
      'sluice: interrupted by SIGTERM after packet 73 of standard input (file 2 of 2), packet time 2026-',
    );
    expect((JSON.parse(stdout) as { interrupted: unknown }).interrupted).toEqual({
      ...{ signal: 'SIGTERM', file: '-', file_number: 2, files: 2, packet: 73, time: '2026-11-22T05:22:18.522809Z' },
      ...{ bytes_read: 2 * REKEY.length, bytes_total: null, share: null },
    });
  });

  it('before files that were not read: says of how many captures packets were read', async () => {
    const decisions = join(folder, 'before.jsonl');
    const child = start(['replay', '-', 'captures/wireguard/two-messages.pcap', '--decisions', decisions]);
    const end = ended(child);
    child.stdin!.write(REKEY);
    await untilWritten(decisions, 2);
    child.kill('SIGTERM');
    const { stdout } = await end;
    expect(stdout).toMatch(/^1 of 2 captures, 73 packets, 1 flow, 1 of them VPN\.$/m);
  });
});
