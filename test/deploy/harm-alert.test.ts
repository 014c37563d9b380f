/**
 * A policy that hits registered users in, an alert out, through a real Prometheus. The hits are all counted before the first scrape, so
 * `rate` and `increase` would show none of them. Meanwhile every panel and alert of deploy/ returns data.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { bytesOf, ethernet } from '../kit/frame-builder.ts';
import { buildPcapRecord } from '../kit/pcap.mjs';
import { alerts, panelExpressions } from './deploy-files.ts';
import { hasPrometheus, RunningPrometheus, type Sample } from './running-prometheus.ts';

const CLIENTS = 40;
const REGISTRY = `prefix,holder,sector,protocols,valid_from,valid_until,reference
198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-2021-00017
`;
const POLICY = `
name: cuts-all
mode: observe
rules:
  - { name: everybody, when: { stage: confirmed }, action: block }
`;

const folder = temporaryFolder();
const handshakes = new Conversation('wireguard/handshake.pcap');
let daemon: RunningDaemon;
let prometheus: RunningPrometheus | undefined;

/** A frame of a protocol that nothing is known about. */
function strangeFrame(timeUs: number): Uint8Array {
  return buildPcapRecord({ timeUs, bytes: bytesOf(ethernet(0x88b5, [1, 2, 3, 4])) });
}

let fed = 0;
function feed(clients: number): void {
  const nowUs = Date.now() * 1000;
  const bytes = handshakes.capture(fed, fed + clients, nowUs, 100);
  daemon.child.stdin!.write(fed === 0 ? bytes : bytes.subarray(24));
  daemon.child.stdin!.write(strangeFrame(nowUs));
  fed += clients;
}

describe.skipIf(!hasPrometheus && process.env.CI === undefined)('Prometheus (Debian package prometheus)', () => {
  beforeAll(async () => {
    const policy = join(folder.path, 'policy.yaml');
    const registry = join(folder.path, 'registry.csv');
    writeFileSync(policy, POLICY);
    writeFileSync(registry, REGISTRY);
    const decisions = join(folder.path, 'decisions.jsonl');
    const draft = join(folder.path, 'draft.yaml');
    writeFileSync(draft, POLICY.replace('cuts-all', 'cuts-none').replace('block', 'allow'));
    const args = ['-', '--policy', policy, '--registry', registry, '--shadow', draft, '--decisions', decisions];
    daemon = await new RunningDaemon(args).started();
    feed(CLIENTS);
    await until('all are hit', async () => (await daemon.metric('sluice_registered_hits_total')) === CLIENTS);
    prometheus = await RunningPrometheus.start(folder.path, [daemon.url]);
  });

  afterAll(async () => {
    prometheus?.stop();
    await daemon.kill();
    folder.remove();
  });

  it('pages for registered hits that were counted before its first scrape', async () => {
    const firing = 'ALERTS{alertname="SluiceRegisteredHit",alertstate="firing"}';
    await until('the alert fires', async () => (await prometheus!.ask(firing)).length > 0, 30_000);
    const [alert] = await prometheus!.ask(firing);
    expect(alert!.metric).toMatchObject({ severity: 'page', outcome: 'would', on_purpose: 'false' });
    // An alert on the increase would have stayed silent.
    const increase = 'increase(sluice_registered_hits_total{outcome="would",on_purpose="false"}[1h])';
    await until('there are two scrapes', async () => (await prometheus!.ask(increase)).length > 0);
    expect(await prometheus!.number(increase)).toBe(0);
  });

  it('has data for every panel and for both sides of every alert', async () => {
    const hasData = (samples: readonly Sample[]): boolean => samples.some(({ value }) => !Number.isNaN(value));
    const expressions = [
      ...panelExpressions().map(({ panel, expression }) => ({ name: panel, expression })),
      // A comparison returns nothing while it does not hold; as a number it returns 0.
      ...alerts().map(({ alert, expr }) => ({ name: alert, expression: expr.replaceAll(/ (==|>|<) /g, ' $1 bool ') })),
    ];
    expect(expressions.length).toBeGreaterThan(40);
    for (const { name, expression } of expressions) {
      await until(
        `data for ${name}: ${expression}`,
        async () => {
          if (hasData(await prometheus!.ask(expression))) return true;
          feed(5);
          return false;
        },
        20_000,
      );
    }
  }, 120_000);
});
