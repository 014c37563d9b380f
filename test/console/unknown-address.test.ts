/** An address that has nothing: readers get a page with ways back, machines a short answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflow, picture, TestBrowser, violations } from '../kit/browser.ts';
import { RunningDaemon } from '../kit/running-daemon.ts';

describe('an address that has nothing', () => {
  let daemon: RunningDaemon;
  beforeAll(async () => {
    daemon = await new RunningDaemon(['-']).started();
  });
  afterAll(async () => {
    await daemon.kill();
  });

  it('is 404: a page where HTML is asked for, JSON in the API, and text for others', async () => {
    const ask = (path: string, accept: string): Promise<Response> => fetch(daemon.url + path, { headers: { accept } });
    const page = await ask('/nowhere', 'text/html,*/*;q=0.8');
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    const text = await ask('/nowhere', '*/*');
    expect([text.status, await text.text()]).toEqual([404, 'there is nothing here\n']);
    for (const accept of ['text/html', '*/*']) {
      const json = await ask('/api/v1/nowhere', accept);
      expect([json.status, await json.json()]).toEqual([
        404,
        { problem: 'there is nothing here', code: 'nothing-here' },
      ]);
      expect((await ask('/assets/nowhere.js', accept)).headers.get('content-type')).toMatch(/^text\/plain/);
    }
    const posted = await fetch(`${daemon.url}/nowhere`, { method: 'POST', headers: { accept: 'text/html' } });
    expect(posted.headers.get('content-type')).not.toMatch(/html/);
  });

  it.skipIf(CHROMIUM === null)('names itself, and has the ways back (skipped without Chromium)', async () => {
    const browser = await TestBrowser.open();
    const { page, complaints, context } = await browser.page(daemon.url);
    for (const path of ['/nowhere', '/rules/of/<script>', '/incidents/none', '/decisions/none']) {
      await page.goto(daemon.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await overflow(page)).toBe(0);
      expect(await violations(page)).toEqual([]);
    }
    await page.goto(`${daemon.url}/nowhere`);
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    await page.getByText('Nothing is at /nowhere.').waitFor();
    await picture(page, 'unknown-address');
    await page.getByRole('link', { name: 'To the overview' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.goto(`${daemon.url}/incidents/none`);
    await page.getByRole('link', { name: 'All incidents' }).click();
    await page.waitForURL(`${daemon.url}/incidents`);
    // The browser itself notes that the address is not found.
    expect(complaints.filter((one) => !/status of 40[04]/.test(one))).toEqual([]);
    await context.close();
    await browser.close();
  });
});
