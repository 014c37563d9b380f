/**
 * 10 November 2024 on the pages: a registry that lost its rows cuts off 3,000 clients, until the breaker trips. The trip
 * shows on an open page at once, its incident is there by itself, and the report of that day says what happened.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, picture, TestBrowser } from '../kit/browser.ts';
import {
  ALLOWED,
  captureOf,
  MIXED,
  ONE_WINDOW,
  policy,
  SAFE_RULES,
  SOME_CLIENTS,
  START_US,
} from '../kit/rehearsal-forms.ts';
import { REGISTRY_HEADER } from '../kit/rehearsed-day.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const CLIENTS = 3000;
const CAPTURE = captureOf(MIXED, CLIENTS, 10_000);
/** A packet of the next day, by which that day is over. */
const NEXT_DAY = captureOf(['negative/dns-udp.pcap'], 1, 1, [START_US + 8 * 3_600_000_000]).subarray(24);
const TRIPPED = 'the safety breaker has tripped: nothing is enforced until a reset';

interface Incidents {
  readonly incidents: readonly { readonly kind: string; readonly cause: string; readonly rules: readonly string[] }[];
}

/** A daemon in mode enforce that waits for the traffic of that day. */
async function daemonOf(folder: string, rules: string, registry: string): Promise<RunningDaemon> {
  const [policyPath, registryPath] = [join(folder, 'policy.yaml'), join(folder, 'registry.csv')];
  writeFileSync(policyPath, policy(rules, ONE_WINDOW));
  writeFileSync(registryPath, registry);
  const flags = ['--policy', policyPath, '--registry', registryPath, '--zone', 'Asia/Karachi'];
  return new RunningDaemon(['-', ...flags]).started();
}

async function answer<T>(daemon: RunningDaemon, path: string): Promise<T> {
  return JSON.parse(await daemon.get(`/api/v1${path}`)) as T;
}

/** The report of that day for a regulator, as the text of its page. */
async function reportOf(daemon: RunningDaemon): Promise<string> {
  daemon.child.stdin!.write(NEXT_DAY);
  await until('that day is recorded', async () => {
    const chart = '/chart?measure=watched&from=1731178800&to=1731265200';
    const { series } = await answer<{ series: readonly { readonly total: number }[] }>(daemon, chart);
    return series[0]!.total > CLIENTS;
  });
  const page = await daemon.get('/api/v1/reports/made?period=2024-11-10&audience=regulator&format=html');
  return page
    .replaceAll(/<style>[^]*?<\/style>/g, ' ')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

describe.skipIf(CHROMIUM === null)('10 November 2024 on the pages (skipped without Chromium)', () => {
  const folder = temporaryFolder();
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await TestBrowser.open();
  });
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });

  it('a registry that lost its rows trips on an open page within two seconds', async () => {
    const daemon = await daemonOf(folder.path, SAFE_RULES, REGISTRY_HEADER);
    const { page, complaints, context } = await browser.page(daemon.url);
    await page.goto(daemon.url);
    await page.getByText('No packet has come yet.').first().waitFor();
    const shown = page.getByText(/The safety breaker tripped at 10 Nov 2024/).first();

    daemon.child.stdin!.write(CAPTURE);
    await shown.waitFor();
    const shownMs = Date.now();
    await until('the trip is logged', () => daemon.logged(TRIPPED).length > 0);
    const trippedMs = Date.parse(daemon.logged(TRIPPED)[0]!.time as string);
    expect(shownMs - trippedMs).toBeLessThan(2000);
    await picture(page, 'november-overview');

    await page.getByRole('navigation').getByRole('link', { name: 'Incidents' }).click();
    await page.getByRole('rowheader', { name: 'Breaker tripped' }).waitFor();
    await page
      .getByText(`${ALLOWED + 1} clients would have been affected, ${ALLOWED} may be`)
      .first()
      .waitFor();
    await picture(page, 'november-incidents');

    const report = await reportOf(daemon);
    expect(report).toMatch(/Breaker tripped|breaker tripped/);
    expect(report).toContain('unregistered');
    expect(report).toMatch(
      new RegExp(`protocol wireguard, openvpn, ipsec; rule unregistered, suspected-slow ${ALLOWED} 2,\\d+ 0 `),
    );
    // The scope of the trip is known once its minute is over.
    await page.getByText('WireGuard, OpenVPN, IPsec; rules unregistered, suspected-slow').waitFor();
    await picture(page, 'november-scope');
    expect(report).toMatch(/No registered user|0 registered hits|registered hits: 0/i);
    expect(complaints).toEqual([]);
    await context.close();
    await daemon.kill();
  });

  it('a rule that hits everyone is prevented at the first registered user, and the report counts them', async () => {
    const everyone = '\n  - { name: everyone, action: block }';
    const daemon = await daemonOf(folder.path, everyone, SOME_CLIENTS);
    daemon.child.stdin!.write(CAPTURE);
    await until('the trip is logged', () => daemon.logged(TRIPPED).length > 0);
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) > CLIENTS);
    let found: Incidents = { incidents: [] };
    await until('the incident is there', async () => {
      found = await answer<Incidents>(daemon, '/incidents');
      return found.incidents.some(({ kind }) => kind === 'breaker');
    });
    let report = await reportOf(daemon);
    const prevented = await daemon.metric('sluice_registered_hits_total', 'on_purpose="false"', 'outcome="prevented"');
    expect(prevented).toBeGreaterThan(100);
    await until('the report counts them', async () => {
      report = await reportOf(daemon);
      return report.includes(prevented.toLocaleString('en-US'));
    });
    // Cause, scope, clients hit, clients with a decision, registered hits.
    expect(report).toMatch(
      new RegExp(
        `registered \\(.*?\\) protocol [a-z, ]+; rule everyone; sector it \\d+ [\\d,]+ ${prevented.toLocaleString('en-US')} `,
      ),
    );
    await daemon.kill();
  });
});
