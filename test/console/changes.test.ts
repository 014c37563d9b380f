/** What changed when, on the page: markers on the time axis of charts with a row in their tables, and the latest changes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflow, picture, TestBrowser, violations } from '../kit/browser.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningConsole } from '../kit/running-console.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, PASSWORD } from '../kit/signed-in.ts';

const MINUTE_US = 60_000_000;
/** The start of the daemon, which is of now, lies among the packets. */
const START_US = Date.now() * 1000 - 38 * MINUTE_US;
const handshake = new Conversation('wireguard/handshake-only.pcap');

describe.skipIf(CHROMIUM === null)('what changed (skipped without Chromium)', () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  let browser: TestBrowser;
  let daemon: RunningDaemon;

  const write = (action: string): void => {
    const rule = `  - { name: all, when: { registered: none }, action: ${action} }\n`;
    writeFileSync(path('policy.yaml'), `name: national\nmode: observe\nrules:\n${rule}`);
  };

  beforeAll(async () => {
    mkdirSync(path('state'));
    await addAccount(path('state'), 'olga', 'operator');
    writeFileSync(path('registry.csv'), 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n');
    write('allow');
    const files = ['--policy', path('policy.yaml'), '--registry', path('registry.csv')];
    daemon = await new RunningDaemon(['-', ...files, '--state', path('state'), '--zone', 'Asia/Karachi']).started();
    const input = daemon.child.stdin!;
    const read = async (packets: number): Promise<void> => {
      await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    };
    input.write(handshake.capture(0, 20, START_US, MINUTE_US));
    await read(20 * handshake.packets.length);
    write('block');
    expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
    for (let number = 20; number < 40; number++) input.write(handshake.records(number, START_US + number * MINUTE_US));
    await read(40 * handshake.packets.length);
    browser = await TestBrowser.open();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await daemon.kill();
    folder.remove();
  });

  it.each([1280, 320])(
    'is marked on the time axis of charts, with a legend and in the table, at %i px',
    async (width) => {
      const { page, complaints, context } = await browser.page(daemon.url, { width });
      await page.goto(`${daemon.url}/sign-in`);
      await page.getByLabel('Name').fill('olga');
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => url.pathname === '/');
      page.setDefaultTimeout(8000);
      await page.goto(`${daemon.url}/?span=all`);
      const chart = page.locator('section', { hasText: 'Decisions by action' }).last();
      const legend = chart.getByRole('list', { name: /^Series of/ });
      for (const word of ['Start or stop', 'Change of rules', 'Action of a person'])
        await legend.getByText(word).waitFor();
      await chart.getByText('Table', { exact: true }).click();
      await chart.getByRole('columnheader', { name: 'Changes' }).waitFor();
      const cells = (await chart.locator('tbody tr').allTextContents()).join('\n');
      expect(cells).toMatch(/Rules reloaded: Taken; policy national/);
      expect(cells).toMatch(/Action of an operator: .*reload/i);
      expect(await violations(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      await picture(page, `changes-${width}`);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  it('says in words that rules of captures decided from the first packet on, and has the time of each other change', async () => {
    const running = await new RunningConsole([]).read();
    const { page, complaints, context } = await browser.page(running.origin);
    await page.goto(running.origin);
    const lines = page.locator('.latest li').filter({ hasText: /Rules in use|Daemon started/ });
    await lines.nth(1).waitFor();
    const shown = await lines.allTextContents();
    expect(shown[0]).toMatch(/^Daemon started .*20\d\d/);
    expect(shown[1]).toBe('Rules in use from the first packet on');
    expect(await page.locator('main').textContent()).not.toContain('1970');
    expect(complaints).toEqual([]);
    await context.close();
    await running.stop();
  });
});
