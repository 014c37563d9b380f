/** Reports as files: where one cannot be made, what one of an incomplete run says first, PDF, and links. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readPage } from '../kit/html-page.ts';
import { installed } from '../kit/installed.ts';
import { ended, ROOT, sluice, start, untilWritten } from './sluice.ts';
import { CAPTURES, EVERYONE, folder } from './report-kit.ts';

describe('a report that cannot be made', () => {
  const run = (path: string, ...args: string[]): { code: number | null; stderr: string } => {
    const main = join(ROOT, 'dist/bin/sluice.js');
    const done = spawnSync(process.execPath, [main, 'replay', 'captures/none.pcap', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
    });
    return { code: done.status, stderr: done.stderr };
  };

  it('says what to install, before anything is read', () => {
    const { code, stderr } = run(folder, '--report', join(folder, 'none.pdf'));
    expect(code).toBe(2);
    expect(stderr).toContain('none of chromium, chromium-browser, google-chrome is in PATH');
    expect(stderr).toContain('apt-get install chromium');
    expect(stderr).not.toContain('none.pcap');
  });

  it.each([
    [['--report', 'x.doc'], 'the name must end in .html or .pdf'],
    [['--audience', 'public'], '--audience public wants --report FILE'],
    [['--report', '-', '--json'], '--report - and --json both want standard output'],
    [['--report', 'no/folder/x.html'], 'its folder does not exist'],
    [['--report', 'README.md.html', '--flows', 'README.md.html'], 'is written by --flows too'],
  ])('%j is wrong usage', (args, message) => {
    const { code, stderr } = run('', ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it('does not replace a file without --force', async () => {
    const path = join(folder, 'kept.html');
    writeFileSync(path, 'kept');
    const { code } = await sluice(['replay', 'captures/wireguard', '--each', '--report', path]);
    expect(code).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe('kept');
    await sluice(['replay', 'captures/wireguard', '--each', '--report', path, '--force', '--quiet']);
    expect(readFileSync(path, 'utf8')).toMatch(/^<!DOCTYPE html>/);
  });
});

it('the report of an interrupted run says so before anything else', async () => {
  const report = join(folder, 'interrupted.html');
  const decisions = join(folder, 'interrupted.jsonl');
  const child = start(['replay', '-', '--decisions', decisions, '--report', report, '--json']);
  const end = ended(child);
  child.stdin!.write(readFileSync(join(ROOT, 'captures/wireguard/rekey.pcap')));
  await untilWritten(decisions, 2);
  child.kill('SIGINT');
  const { code } = await end;
  expect(code).toBe(130);
  const page = readFileSync(report, 'utf8');
  expect(page).toContain('This run was interrupted.');
  expect(page).toContain('of standard input');
  expect(page.indexOf('This run was interrupted.')).toBeLessThan(page.indexOf('<h2>'));
});

it.each([
  ['replay', []],
  ['compare', ['--policy', 'rules/policy.yaml', '--policy', EVERYONE]],
])('the report of %s says first that no packet was read', async (command, args) => {
  const capture = join(folder, 'empty.pcap');
  writeFileSync(capture, readFileSync('captures/wireguard/handshake.pcap').subarray(0, 24));
  for (const audience of ['internal', 'public']) {
    const { stdout } = await sluice([command, capture, ...args, '--report', '-', '--audience', audience, '--quiet']);
    const notices = readPage(stdout).filter(({ attributes }) => attributes.class === 'notice');
    expect(notices.map(({ text }) => text.trim().replace(/\s+/g, ' '))).toEqual([
      'No packet was read. The zeros here say nothing of VPNs.',
    ]);
    expect(stdout).not.toContain('Every packet that was read');
  }
});

it('the report of a capture that is cut says so, on standard output too, with names escaped', async () => {
  const cut = join(folder, `<img onerror=alert(1)>\u202egnp${'.long'.repeat(40)}`);
  writeFileSync(cut, readFileSync(join(ROOT, 'captures/wireguard/rekey.pcap')).subarray(0, 2000));
  const registry = join(folder, 'hostile.csv');
  const holder = '</td><script>alert(1)</script>';
  writeFileSync(
    registry,
    `prefix,holder,sector,protocols,valid_from,valid_until,reference\n192.0.2.0/24,${holder},bank,,,,\n`,
  );
  const rules = ['--policy', EVERYONE, '--registry', registry];
  const { code, stdout } = await sluice(['replay', cut, ...rules, '--report', '-']);
  expect(code).toBe(4);
  const elements = readPage(stdout);
  const notice = elements.find(({ attributes }) => attributes.class === 'notice')!;
  expect(notice.text).toContain('<img onerror=alert(1)>\\u202egnp');
  expect(notice.text).toContain('…');
  expect(elements.map(({ tag }) => tag)).not.toContain('script');
  expect(elements.some(({ tag, text }) => tag === 'bdi' && text === '</td><script>alert(1)</script>')).toBe(true);
  expect(stdout).not.toContain('\u202e');
});

describe('a report as PDF', () => {
  const hasChromium = installed('chromium');

  it.runIf(hasChromium)('is printed by Chromium, and leaves nothing behind', { timeout: 90_000 }, async () => {
    const path = join(folder, 'report.pdf');
    const { code, stderr } = await sluice([...['replay', ...CAPTURES], '--report', path, '--quiet']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const pdf = readFileSync(path, 'latin1');
    expect(pdf).toMatch(/^%PDF-1\.\d/);
    expect(pdf.trimEnd().endsWith('%%EOF')).toBe(true);
    expect(pdf.match(/\/Type\s*\/Page\b/g)!.length).toBeGreaterThan(2);
    // A4 in points.
    expect(pdf).toMatch(/\/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]/);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('sluice-report-'))).toEqual([]);
    expect(existsSync(`${path}.part`)).toBe(false);
  });
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends by %s during the printing with exit code %i, and leaves nothing behind', async (signal, exit) => {
    const place = join(folder, `printing-${signal}`);
    const temporary = join(place, 'tmp');
    mkdirSync(temporary, { recursive: true });
    const began = join(place, 'began');
    writeFileSync(join(place, 'chromium'), `#!/bin/sh\necho > '${began}'\nsleep 60\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${place}:${process.env.PATH ?? ''}`);
    vi.stubEnv('TMPDIR', temporary);
    const report = join(place, 'report.pdf');
    const child = start(['replay', 'captures/wireguard/rekey.pcap', '--report', report, '--quiet']);
    vi.unstubAllEnvs();
    const end = ended(child);
    await untilWritten(began, 1);
    child.kill(signal);
    const { code, stderr } = await end;
    expect(stderr).toBe('sluice: interrupted while the report was printed\n');
    expect(code).toBe(exit);
    expect(existsSync(report)).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

it('a report through a link is written to where the link leads', async () => {
  const link = join(folder, 'latest.html');
  symlinkSync('of-today.html', link);
  for (const more of [[], ['--force']]) {
    const { code } = await sluice(['replay', 'captures/wireguard/rekey.pcap', '--report', link, '--quiet', ...more]);
    expect(code).toBe(0);
    expect(readlinkSync(link)).toBe('of-today.html');
    expect(readFileSync(join(folder, 'of-today.html'), 'utf8')).toContain('</html>');
  }
});
