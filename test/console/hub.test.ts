/**
 * The pages of a hub in a real Chromium: a real NATS server, daemons of two operators and a hub. No fault at any width, in
 * light and dark; filters and links show one site alone.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HUB_PATHS } from '../../src/web/api/pages.ts';
import { CHROMIUM, cutCards, overflow, picture, TestBrowser, violations } from '../kit/browser.ts';
import { NO_NATS } from '../kit/nats-server.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';
import type { RunningHub } from '../kit/running-hub.ts';
import { SmallFleet } from '../kit/small-fleet.ts';

const WIDTHS = [320, 1280] as const;
const PATHS = HUB_PATHS.filter((path) => !path.includes(':') && path !== '/sign-in');
const SENSORS = [
  ['operator-a', 'lahore-1', 60],
  ['operator-a', 'karachi-2', 40],
  ['operator-b', 'quetta-3', 25],
] as const;
const why = CHROMIUM === null ? 'skipped without Chromium' : (NO_NATS ?? '');

describe.skipIf(CHROMIUM === null || NO_NATS !== undefined)(`a page of the hub (${why})`, () => {
  let fleet: SmallFleet;
  let browser: TestBrowser;
  let hub: RunningHub;

  beforeAll(async () => {
    fleet = await SmallFleet.start(temporaryFolder());
    ({ hub } = fleet);
    browser = await TestBrowser.open();
    for (const [isp, site, clients] of SENSORS) await fleet.add({ isp, site, clients });
    // A reload that is refused is an incident of its site.
    writeFileSync(fleet.path('quetta-3.yaml'), 'rules: none\n');
    expect(await fleet.sensors[2]!.ask('reload')).toMatchObject({ ok: false });
    await fleet.shipped();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await fleet.stop();
  });

  for (const address of PATHS)
    for (const scheme of ['light', 'dark'] as const)
      it(`${address} in ${scheme} has no fault at any width`, async () => {
        const { page, complaints, context } = await browser.page(hub.url, { scheme });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          await page.goto(hub.url + address);
          await page.locator('main h1').waitFor();
          await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined);
          await picture(page, `hub-${address === '/' ? 'overview' : address.slice(1)}-${scheme}-${width}`);
          expect(await overflow(page), `${width} px: the page is wider than its window`).toBe(0);
          expect(await cutCards(page), `${width} px: rows that are cards and wider than their table`).toBe(0);
          expect(await violations(page), `${width} px`).toEqual([]);
        }
        expect(complaints).toEqual([]);
        await context.close();
      });

  it('shows the sensors of all operators, and one site where it is chosen', async () => {
    const { page, context } = await browser.page(hub.url);
    await page.goto(`${hub.url}/sensors`);
    for (const [isp, site] of SENSORS) await page.getByText(`${isp}/${site}`).first().waitFor();
    await page.goto(`${hub.url}/`);
    await page.getByText('All 3 sensors work as they should.').waitFor();
    const chart = page.waitForRequest((request) => /\/chart\?.*site=quetta-3/.test(request.url()));
    await page.getByLabel('Site', { exact: true }).selectOption('quetta-3');
    await chart;
    expect(new URL(page.url()).searchParams.get('site')).toBe('quetta-3');
    await context.close();
  });

  it('opens an incident, with what changed at its own site', async () => {
    const { incidents } = JSON.parse(await hub.get('/api/v1/incidents')) as {
      incidents: { id: number; site: string }[];
    };
    expect(incidents.map(({ site }) => site)).toContain('quetta-3');
    const { page, context } = await browser.page(hub.url);
    await page.goto(`${hub.url}/incidents/${incidents[0]!.id}`);
    await page.getByText(incidents[0]!.site).first().waitFor();
    expect(await overflow(page)).toBe(0);
    expect(await violations(page)).toEqual([]);
    await context.close();
  });
});
