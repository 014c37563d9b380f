/**
 * The Rules and Registry pages in a real Chromium, of a daemon with traffic, a draft and accounts: the questions that they
 * answer, what an operator does there, and the accessibility of every state.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflow, picture, TestBrowser, type TestPage, violations, type View } from '../kit/browser.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, PASSWORD } from '../kit/signed-in.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const START_US = 1_731_261_600_000_000;
const CLIENTS = 20;
const handshake = new Conversation('wireguard/handshake-only.pcap');
const ROWS = [
  '198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,2024-11-10,OW-1',
  '203.0.113.0/24,Orion Software,it,wireguard,2022-03-01,2024-12-01,OW-2',
  '203.0.113.0/25,Orion Software,it,wireguard,2023-03-01,2025-01-15,OW-3',
  '203.0.113.0/25,Orion Software,it,wireguard,2023-03-01,2025-01-15,OW-3',
  '192.0.2.0/24,Old Meridian,other,,2020-01-01,2021-01-01,OW-4',
  '2001:db8::/32,Later Corp,enterprise,,2024-12-24,,OW-5',
];
const REGISTERED =
  '  - { name: registered, when: { registered: either }, action: allow, legal_basis: "Telecom Act 2019, section 12" }\n';
const REST = '  - { name: rest, when: { registered: none, stage: confirmed }, action: block, review_by: 2020-01-01 }\n';
const SATURDAY = '{ days: [sat, sun], from: "22:00", to: "06:00", zone: Asia/Karachi }';
const SLOW = `  - { name: slow-weekends, when: { stage: suspected, schedule: ${SATURDAY} }, action: throttle, rate: 256kbit/s, per: client, rollout: 10% }\n`;
const policyOf = (...rules: string[]): string => `name: national\nmode: enforce\nrules:\n${rules.join('')}`;

describe.skipIf(CHROMIUM === null)('the Rules and Registry pages (skipped without Chromium)', () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  let daemon: RunningDaemon;
  let browser: TestBrowser;

  beforeAll(async () => {
    mkdirSync(path('state'));
    mkdirSync(path('drafts'));
    await addAccount(path('state'), 'olga', 'operator');
    await addAccount(path('state'), 'vera', 'viewer');
    writeFileSync(path('registry.csv'), HEADER + ROWS.map((row) => `${row}\n`).join(''));
    writeFileSync(path('policy.yaml'), policyOf(REGISTERED, REST, SLOW));
    writeFileSync(
      path('drafts/next.yaml'),
      policyOf(
        '  - { name: everyone, action: block }\n',
        REST.replace('stage: confirmed', 'protocol: wireguard'),
        REGISTERED,
      ),
    );
    const files = ['--policy', path('policy.yaml'), '--registry', path('registry.csv')];
    const more = ['--state', path('state'), '--drafts', path('drafts'), '--shadow', path('drafts/next.yaml')];
    daemon = await new RunningDaemon(['-', ...files, ...more, '--zone', 'Asia/Karachi']).started();
    daemon.child.stdin!.write(handshake.capture(0, CLIENTS, START_US, 1000));
    const packets = CLIENTS * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    await daemon.ask('shadow');
    browser = await TestBrowser.open();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await daemon.kill();
    folder.remove();
  });

  async function signedIn(name: string, view: View = {}): Promise<TestPage> {
    const opened = await browser.page(daemon.url, view);
    const { page } = opened;
    page.setDefaultTimeout(10_000);
    await page.goto(`${daemon.url}/sign-in`);
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/');
    return opened;
  }

  async function checked(page: Page, name: string): Promise<void> {
    await picture(page, name);
    expect(await overflow(page), `${name}: wider than its window`).toBe(0);
    expect(await violations(page), name).toEqual([]);
  }

  it('answer in one look what the draft would do, registered users first', async () => {
    const { page, complaints, context } = await signedIn('vera');
    await page.goto(`${daemon.url}/rules`);
    const draft = page.getByRole('region', { name: 'What the draft would do' });
    await draft.getByText(`The draft would hit ${CLIENTS} registered clients who are not hit now.`).waitFor();
    await draft.getByText('Meridian Example Bank, 198.51.100.0/24, OW-1, by rule everyone').waitFor();
    const rules = page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3 }) });
    expect(await rules.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual([
      'everyone (draft only)',
      '1. registered',
      '2. rest',
      '3. slow-weekends',
    ]);
    await page
      .getByText(
        'Flows that are suspected, on Saturdays and Sundays from 22:00 to 06:00 of the next day in Asia/Karachi, for 10 % of clients: throttled to 256kbit/s',
      )
      .waitFor();
    expect(await page.getByRole('button', { name: /Reload|Reset the|Clear|draft…|Confirm/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('have no fault at any width, in light and dark, for a viewer and an operator', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page, complaints, context } = await signedIn('olga', { scheme });
      for (const width of [320, 768, 1280, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        await page.goto(`${daemon.url}/rules?rule=rest&span=all`);
        await page.getByRole('region', { name: 'Actions' }).waitFor();
        await page
          .getByText('registrations expires', { exact: false })
          .or(page.getByText('registration expires'))
          .first()
          .waitFor();
        await checked(page, `rules-operator-${scheme}-${width}`);
        await page.goto(`${daemon.url}/registry?q=198.51.100.7&row=0`);
        await page.getByText('198.51.100.7 is registered at').waitFor();
        await page.getByRole('region', { name: 'Overlaps and duplicates' }).getByRole('table').waitFor();
        await checked(page, `registry-search-${scheme}-${width}`);
      }
      expect(complaints).toEqual([]);
      await context.close();
    }
  }, 120_000);

  it('say at the start, and one click on, what will happen at midnight', async () => {
    const { page, context } = await signedIn('vera');
    const dates = page.getByRole('region', { name: 'What dates will change' });
    const midnight = `1 registration expires. ${CLIENTS} clients would newly be hit, ${CLIENTS} of them lose their registration.`;
    await dates.getByText(midnight).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Rules', exact: true }).click();
    await page.waitForURL((url) => url.pathname === '/rules');
    await dates.getByText(midnight).waitFor();
    await dates.getByText('11 Nov 2024, 05:00').first().waitFor();
    await context.close();
  });

  it('show whether an address is registered, at a time, and why not', async () => {
    const { page, context } = await signedIn('vera');
    await page.getByRole('navigation').getByRole('link', { name: 'Registry', exact: true }).click();
    await page.getByLabel('Address, prefix, reference or holder').fill('192.0.2.9');
    await page.getByText('192.0.2.9 is not registered at').waitFor();
    await page.getByText('None of the registrations that cover it is in force.').waitFor();
    await page.getByLabel(/As of/).fill('2020-06-01T12:00');
    await page.keyboard.press('Tab');
    await page.getByText('192.0.2.9 is registered at 1 Jun 2020, 12:00').waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('192.0.2.9');
    await page.getByRole('region', { name: 'Search' }).getByRole('link', { name: '192.0.2.0/24' }).click();
    await page.getByRole('link', { name: 'Decisions that cite it' }).waitFor();
    await page.getByLabel('Address, prefix, reference or holder').fill('192.0.2.999');
    await page.getByText('This is no address').waitFor();
    await context.close();
  });

  it('let an operator reload after a trial, see the refusal, and confirm it, by keyboard alone', async () => {
    const { page, complaints, context } = await signedIn('olga');
    await page.goto(`${daemon.url}/rules`);
    writeFileSync(path('policy.yaml'), policyOf('  - { name: all, action: block }\n'));
    await page.getByRole('button', { name: 'Reload rules…' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Reload policy and registry?' });
    await dialog.getByText('The change exceeds the limits.').waitFor();
    await dialog.getByText('Meridian Example Bank').waitFor();
    await checked(page, 'rules-reload-dialog');
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Reload rules…');
    await page.keyboard.press('Enter');
    await dialog.getByText('The change exceeds the limits.').waitFor();
    await dialog.getByRole('button', { name: 'Reload' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('It waits for a confirmation.').waitFor();
    await page.getByRole('heading', { name: 'Waiting for a confirmation' }).waitFor();
    await checked(page, 'rules-waiting');
    await page.getByRole('button', { name: 'Confirm these rules…' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '1. all' }).waitFor();
    writeFileSync(path('policy.yaml'), policyOf('  - { name: all, action: deny }\n'));
    await page.getByRole('button', { name: 'Reload rules…' }).click();
    await page
      .getByRole('dialog')
      .getByRole('listitem')
      .filter({ hasText: /policy\.yaml:4:\d+ error: action/ })
      .waitFor();
    await checked(page, 'rules-reload-problems');
    expect(complaints).toEqual([]);
    await context.close();
  });
});
