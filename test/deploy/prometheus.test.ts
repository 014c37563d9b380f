/** A real Prometheus scrapes a running daemon: what it answers is what the event log holds. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conversation } from '../daemon/many-clients.ts';
import { eventsOf, RunningDaemon, temporaryFolder, until } from '../daemon/running-daemon.ts';

const CLIENTS = 500;
const ALERTS = fileURLToPath(new URL('../../deploy/prometheus/alerts.yml', import.meta.url));
const isHere = spawnSync('prometheus', ['--version']).error === undefined;

const folder = temporaryFolder();
const decisions = join(folder.path, 'decisions.jsonl');
let prometheus: ChildProcess;
let daemon: RunningDaemon;
let url = '';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function ask(expression: string): Promise<{ metric: Record<string, string>; value: number }[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

async function number(expression: string): Promise<number | undefined> {
  return (await ask(expression))[0]?.value;
}

describe.skipIf(!isHere && process.env.CI === undefined)('Prometheus (Debian package prometheus)', () => {
  beforeAll(async () => {
    daemon = await new RunningDaemon(['-', '--decisions', decisions]).started();
    copyFileSync(ALERTS, join(folder.path, 'alerts.yml'));
    const config = join(folder.path, 'prometheus.yml');
    writeFileSync(
      config,
      `global: { scrape_interval: 300ms, scrape_timeout: 300ms, evaluation_interval: 300ms }
rule_files: [alerts.yml]
scrape_configs: [{ job_name: sluice, static_configs: [{ targets: ['${new URL(daemon.url).host}'] }] }]
`,
    );
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const data = join(folder.path, 'data');
    prometheus = spawn(
      'prometheus',
      [`--config.file=${config}`, `--storage.tsdb.path=${data}`, `--web.listen-address=127.0.0.1:${port}`],
      { stdio: 'ignore' },
    );
    await until(
      'Prometheus is ready',
      async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true,
      30_000,
    );
  });

  afterAll(async () => {
    prometheus.kill('SIGKILL');
    await daemon.kill();
    folder.remove();
  });

  it('counts what the event log holds, exactly', async () => {
    const handshakes = new Conversation('wireguard/handshake.pcap');
    daemon.child.stdin!.write(handshakes.capture(0, CLIENTS, Date.now() * 1000, 100));
    const packets = CLIENTS * handshakes.packets.length;
    await until('all packets are scraped', async () => (await number('sluice_packets_total')) === packets, 30_000);
    await until(
      'all lines are scraped',
      async () => (await number('sluice_event_log_lines_total')) === eventsOf(decisions).length,
    );

    const events = eventsOf(decisions).filter(({ event_type }) => event_type === 'decision') as unknown as {
      decision: { action: string; rule: string | null };
      vpn: { protocol: string };
    }[];
    const counts = new Map<string, number>();
    for (const { decision, vpn } of events) {
      const key = `${decision.action} ${decision.rule ?? ''} ${vpn.protocol}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const answered = (await ask('sum by (action, rule, protocol) (sluice_decisions_total)')).map(
      ({ metric, value }) => [`${metric.action ?? ''} ${metric.rule ?? ''} ${metric.protocol ?? ''}`, value] as const,
    );
    expect(new Map(answered)).toEqual(counts);
    expect(events.length).toBeGreaterThanOrEqual(CLIENTS);
    expect(await number('sluice_flows_started_total')).toBe(CLIENTS);
    expect(await number('sum(sluice_findings_total{stage="confirmed"})')).toBe(CLIENTS);
    expect(await number('sluice_decision_delay_seconds_count')).toBe(CLIENTS);
  });

  it('evaluates the alert rules', async () => {
    const response = await fetch(`${url}/api/v1/rules`);
    const { data } = (await response.json()) as { data: { groups: { rules: { name: string; health: string }[] }[] } };
    const rules = data.groups.flatMap(({ rules: all }) => all);
    expect(rules.length).toBeGreaterThan(8);
    await until('all are evaluated', async () => (await number('up{job="sluice"}')) === 1);
    expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
    expect(await ask('ALERTS{severity="page"}')).toEqual([]);
  });
});
