/** The Incidents page in a real Chromium, on a daemon whose breaker trips while the page is open. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflow, picture, TestBrowser, violations } from '../kit/browser.ts';
import { addAccount, PASSWORD } from '../kit/console-accounts.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const handshake = new Conversation('wireguard/handshake-only.pcap');
const POLICY = `name: hard
mode: enforce
rules:
  - { name: cut, when: {}, action: block }
safety: { limits: [{ window: 60s, clients: 5 }] }
`;

describe.skipIf(CHROMIUM === null)('the Incidents page (skipped without Chromium)', () => {
  const state = temporaryFolder();
  let browser: TestBrowser;
  let daemon: RunningDaemon;

  const feed = (from: number, to: number): void => {
    daemon.child.stdin!.write(handshake.capture(from, to, Date.now() * 1000, 1000).subarray(from === 0 ? 0 : 24));
  };

  beforeAll(async () => {
    const policy = join(state.path, 'policy.yaml');
    const registry = join(state.path, 'registry.csv');
    writeFileSync(policy, POLICY);
    writeFileSync(registry, 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n');
    addAccount(state.path, 'anna', '--role', 'operator');
    browser = await TestBrowser.open();
    const rules = ['--policy', policy, '--registry', registry];
    daemon = await new RunningDaemon([
      '-',
      '--state',
      state.path,
      '--site',
      'north',
      '--zone',
      'Asia/Karachi',
      ...rules,
    ]).started();
    feed(0, 2);
  });
  afterAll(async () => {
    await browser.close();
    await daemon.kill();
    state.remove();
  });

  it('shows a trip within two seconds, what was in force and changed before it, and takes a note', async () => {
    const { page, complaints, context } = await browser.page(daemon.url);
    await page.goto(`${daemon.url}/sign-in?to=/`);
    await page.getByLabel('Name', { exact: true }).fill('anna');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${daemon.url}/`);
    await page.getByRole('heading', { name: 'Overview' }).first().waitFor();
    await until('a packet was read', async () => (await daemon.metric('sluice_packets_total')) > 0);
    // What changed at 18:05 on Sunday: one click from the first page, and two more to a time.
    await page.getByRole('navigation').getByRole('link', { name: 'Incidents' }).click();
    await page.getByText('No incident in this span of time.').waitFor();

    await page.getByRole('rowheader', { name: 'Daemon started' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await picture(page, 'incidents-empty');

    const began = performance.now();
    feed(2, 12);
    await page.getByRole('rowheader', { name: 'Breaker tripped' }).waitFor();
    expect(performance.now() - began).toBeLessThan(2000);
    await page.getByText('6 clients would have been affected, 5 may be').waitFor();

    await page.getByRole('button', { name: 'Note an incident' }).click();
    await page.getByLabel('Title').fill('Maintenance of the mirror port');
    await page.getByLabel('Cause and what was done').fill('The card of 192.0.2.7 was changed.');
    expect(await violations(page)).toEqual([]);
    await picture(page, 'incidents-note');
    await page.getByRole('button', { name: 'Note', exact: true }).click();
    await page.getByRole('cell', { name: 'Maintenance of the mirror port' }).waitFor();

    await page.getByRole('link', { name: 'Breaker tripped' }).first().click();
    await page.getByRole('heading', { name: 'What was in force' }).waitFor();
    await page.getByText('Changes in the day before it').first().waitFor();
    await page.getByText('hard', { exact: true }).waitFor();
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await overflow(page)).toBe(0);
      expect(await violations(page)).toEqual([]);
      await picture(page, `incident-${width}`);
    }
    await page.getByRole('link', { name: 'All incidents' }).click();
    for (const width of [320, 1280, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      await page.getByRole('rowheader', { name: 'Breaker tripped' }).waitFor();
      expect(await overflow(page)).toBe(0);
      expect(await violations(page)).toEqual([]);
      await picture(page, `incidents-${width}`);
    }
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'incidents-dark');
    expect(await violations(page)).toEqual([]);

    // Filters are in the address.
    await page.getByLabel('Kind').selectOption('note');
    await page.waitForURL(/kind=note/);
    await until(
      'only notes are listed',
      async () => (await page.getByRole('rowheader', { name: 'Breaker tripped' }).count()) === 0,
    );
    await page.getByRole('rowheader', { name: 'Note' }).getByRole('link').click();
    await page.getByText('The card of [address] was changed.').waitFor();
    await page.getByRole('button', { name: 'Remove this note' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove this note' }).click();
    await page.waitForURL(`${daemon.url}/incidents`);
    await page.getByRole('cell', { name: /^Removed a note/ }).waitFor();
    const note = page.getByRole('row').filter({ hasText: 'Noted an incident' });
    expect(await note.getByRole('cell', { name: 'anna' }).count()).toBe(1);
    expect(complaints).toEqual([]);
    await context.close();
  }, 90_000);
});
