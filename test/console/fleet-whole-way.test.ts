/**
 * The whole way of an approval through a fleet, in a browser: two sensors block an unregistered WireGuard flow; a reviewer
 * approves its registration on the desk; the desk's registry becomes a bundle that the desk's key alone signs; both
 * sensors take it and allow the flow, in under a minute; and the hub's page shows the bundle.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openState } from '../../src/desk/desk.ts';
import { writeAccount } from '../../src/desk/store/account-store.ts';
import { writeIsp, writeSetting } from '../../src/desk/store/settings.ts';
import { apply } from '../../src/desk/work/apply.ts';
import { hashPassword } from '../../src/web/http/accounts/password-work.ts';
import { ANNA, approved, does, NORTH, wanted } from '../desk/desk-kit.ts';
import { sluiceDone } from '../cli/sluice.ts';
import { CHROMIUM, TestBrowser } from '../kit/browser.ts';
import { Conversation } from '../kit/many-clients.ts';
import { NatsServers, NO_NATS } from '../kit/nats-server.ts';
import { eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { RunningDesk } from '../kit/running-desk.ts';
import { RunningHub } from '../kit/running-hub.ts';

const PASSWORD = 'a password of the test';
/** The responder of the handshake. */
const HOLDER = '198.51.100.7/32';
/** The desk's key, in its folder. */
const KEY = 'registry-key.pem';
const SITES = ['lahore-1', 'karachi-2'] as const;
type Site = (typeof SITES)[number];
const POLICY = `name: network
mode: enforce
rules:
  - { name: registered, when: { registered: either }, action: allow }
  - { name: unregistered, when: { registered: none }, action: block }
`;
const why = CHROMIUM === null ? 'skipped without Chromium' : (NO_NATS ?? '');

describe.skipIf(process.env.BROWSER === undefined || CHROMIUM === null || NO_NATS !== undefined)(
  `an approval of the desk, in a fleet ${why}`,
  () => {
    const folder = temporaryFolder();
    const path = (name: string): string => join(folder.path, name);
    const handshake = new Conversation('wireguard/handshake.pcap');
    const sensors = new Map<Site, RunningDaemon>();
    let servers: NatsServers;
    let desk: RunningDesk;
    let hub: RunningHub;
    let browser: TestBrowser;
    let reference = '';
    let clients = 0;

    /** The last decision of a sensor on the flow of one more client to the holder, with the reference that it names. */
    async function decision(site: Site): Promise<{ action: string; reference: string | null }> {
      const client = ++clients;
      sensors.get(site)!.child.stdin!.write(handshake.records(client, Date.now() * 1000));
      interface Decided {
        readonly src_ip: string;
        readonly decision: { readonly action: string };
        readonly registration: { readonly destination: { readonly reference: string } | null };
      }
      const found = (): Decided | undefined =>
        (eventsOf(path(`${site}.jsonl`)) as unknown as Decided[]).findLast(
          (event) => event.src_ip === `10.0.0.${client}` && 'decision' in event,
        );
      await until('the flow is decided', () => found() !== undefined);
      return { action: found()!.decision.action, reference: found()!.registration.destination?.reference ?? null };
    }

    /** Makes the next bundle of a registry, the desk's, signed by one key, and moves all rings. */
    async function publish(key: string, registry = readFileSync(path('out/registry.csv'), 'utf8')): Promise<void> {
      writeFileSync(path('bundle/registry.csv'), registry);
      const files = ['--policy', path('bundle/policy.yaml'), '--registry', path('bundle/registry.csv')];
      await sluiceDone(['rules', 'bundle', ...files, '--key', key]);
      const to = ['--ring-key', path('ops'), '--ring', 'every', '--nats', servers.urls[0]!];
      await sluiceDone(['rules', 'publish', ...files, ...to]);
    }

    const runs = (version: number): Promise<unknown> =>
      Promise.all(
        [...sensors.values()].map((sensor) =>
          until('the bundle is used', async () => (await sensor.metric('sluice_fleet_bundle_version')) === version),
        ),
      );

    beforeAll(async () => {
      for (const name of ['out', 'own', 'bundle']) mkdirSync(path(name));
      for (const name of ['network', 'ops']) await sluiceDone(['rules', 'keygen', path(name)]);
      const { database } = openState(path('desk'));
      writeSetting(database, 'documentation', 'take');
      writeIsp(database, { name: 'north', title: 'North Net', prefixes: [], isActive: true });
      const hash = await hashPassword(PASSWORD);
      writeAccount(database, { name: ANNA.name, role: 'reviewer', isps: [], hash }, Date.now());
      writeAccount(database, { name: NORTH.name, role: 'isp', isps: NORTH.isps, hash }, Date.now());
      approved(database, '192.0.2.77/32');
      const { application } = apply(database, wanted([HOLDER]));
      does(database, NORTH, 'confirm', application.id);
      reference = application.reference;
      database.close();
      desk = await new RunningDesk(['--state', path('desk'), '--out', path('out')]).ready();
      await until('the registry is written', () => desk.errors.includes('the registry was written'), 20_000);
      servers = await NatsServers.start(1);
      await servers.addFleetStreams();
      hub = await new RunningHub(['--state', path('hub'), '--nats', servers.urls[0]!]).started();
      for (const name of ['own', 'bundle']) writeFileSync(path(`${name}/policy.yaml`), POLICY);
      copyFileSync(path('out/registry.csv'), path('own/registry.csv'));
      const own = ['--policy', path('own/policy.yaml'), '--registry', path('own/registry.csv')];
      await sluiceDone(['rules', 'sign', ...own, '--key', path('network')]);
      for (const site of SITES) {
        const sensor = new RunningDaemon([
          ...['-', '--isp', 'example', '--site', site, '--decisions', path(`${site}.jsonl`), ...own],
          ...['--fleet', servers.urls[0]!, '--fleet-rules', 'all', '--require-signatures', '1'],
          ...['--rules-keys', path('network.pub'), '--ring-keys', path('ops.pub')],
          ...['--desk-keys', `${path('desk')}/${KEY}.pub`],
        ]);
        sensors.set(site, await sensor.started());
        sensor.child.stdin!.write(handshake.header);
      }
      await publish(path('network'));
      await runs(1);
      browser = await TestBrowser.open();
    }, 120_000);
    afterAll(async () => {
      await browser.close();
      await Promise.all([...sensors.values()].map((sensor) => sensor.kill('SIGKILL')));
      await hub.kill('SIGKILL');
      await desk.stop();
      await servers.stop();
      folder.remove();
    });

    it('is used by two sensors in under a minute: they allow the flow that they blocked, under its reference', async () => {
      for (const site of SITES) expect(await decision(site)).toEqual({ action: 'block', reference: null });
      const { page, complaints } = await browser.page(desk.origin);
      await page.goto(`${desk.origin}/sign-in`);
      await page.fill('#f-name', 'anna');
      await page.fill('#f-password', PASSWORD);
      await page.press('#f-password', 'Enter');
      await page.waitForURL(/queue/);
      await page.click(`text=${reference}`);
      const begun = Date.now();
      await page.click('summary:has-text("Approve")');
      await page.getByLabel('I have looked at the far ends').check();
      await page.click('button:has-text("Approve")');
      await page.locator('.state-line', { hasText: 'Approved' }).waitFor();
      const registry = (): string => readFileSync(path('out/registry.csv'), 'utf8');
      await until('the registry has it', () => registry().includes(reference), 30_000);
      await publish(`${path('desk')}/${KEY}`);
      await runs(2);
      for (const site of SITES) expect(await decision(site)).toEqual({ action: 'allow', reference });
      expect(Date.now() - begun).toBeLessThan(60_000);
      expect(complaints).toEqual([]);
    }, 90_000);

    it('is on the page of the hub: the bundle of each sensor', async () => {
      const { page, complaints } = await browser.page(hub.url);
      await page.goto(`${hub.url}/sensors`);
      await page
        .locator('td', { hasText: 'Bundle 2' })
        .nth(SITES.length - 1)
        .waitFor({ timeout: 30_000 });
      expect(complaints).toEqual([]);
    }, 60_000);

    it('is not undone by a bundle without it: the guard refuses, and the page shows both sensors as drifted', async () => {
      const [header, ...rows] = readFileSync(path('out/registry.csv'), 'utf8').split('\n');
      const fewer = [header, ...rows.filter((row) => !row.includes(reference))].join('\n');
      await publish(path('network'), fewer);
      const { page, complaints } = await browser.page(hub.url);
      await page.goto(`${hub.url}/sensors`);
      const drifted = page.locator('tr', { hasText: 'Refuses rules' });
      await drifted.nth(SITES.length - 1).waitFor({ timeout: 30_000 });
      for (const row of await drifted.allInnerTexts()) expect(row).toMatch(/Bundle 2, ring \w+ has 3/);
      for (const site of SITES) expect(await decision(site)).toEqual({ action: 'allow', reference });
      expect(complaints).toEqual([]);
    }, 60_000);
  },
);
