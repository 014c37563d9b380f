/**
 * The picture of the README: the overview of `sluice console` over a day made of the project's captures. `npm run picture`
 * writes it again.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, TestBrowser, violations } from '../kit/browser.ts';
import { ROOT } from '../kit/committed-captures.ts';
import { writeDay } from '../kit/day-of-captures.ts';
import { RunningConsole } from '../kit/running-console.ts';

const PICTURE = 'deploy/reference/console.png';
const MOST_BYTES = 350_000;
const END_S = Date.UTC(2026, 10, 22) / 1000;
const CONVERSATIONS = 6000;

describe.skipIf(CHROMIUM === null)('the picture of the README (skipped without Chromium)', () => {
  it('is taken of a console, and stored if that is asked for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-picture-'));
    const capture = join(folder, 'day.pcap');
    await writeDay(capture, END_S, CONVERSATIONS, 15);
    const running = await new RunningConsole([capture, '--zone', 'Asia/Karachi']).read();
    const browser = await TestBrowser.open();
    const { page } = await browser.page(running.origin, { width: 1440, height: 1240 });
    await page.goto(`${running.origin}/`);
    await page.locator('.legend').nth(4).waitFor();
    expect(await violations(page)).toEqual([]);
    const taken = process.env.PICTURE === 'write' ? join(ROOT, PICTURE) : join(folder, 'console.png');
    await page.screenshot({ path: taken });
    expect(statSync(taken).size).toBeLessThan(MOST_BYTES);
    await browser.close();
    await running.stop();
    rmSync(folder, { recursive: true });
  });

  it('is there, small, and in the README', () => {
    expect(statSync(join(ROOT, PICTURE)).size).toBeLessThan(MOST_BYTES);
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(`](${PICTURE})`);
  });
});
