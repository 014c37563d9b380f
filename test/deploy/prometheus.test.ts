/** A real Prometheus scrapes a running daemon: what it answers is what the event log holds. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { hasPrometheus, RunningPrometheus } from './running-prometheus.ts';

const CLIENTS = 500;

const folder = temporaryFolder();
const decisions = join(folder.path, 'decisions.jsonl');
let prometheus: RunningPrometheus;
let daemon: RunningDaemon;

describe.skipIf(!hasPrometheus && process.env.CI === undefined)('Prometheus (Debian package prometheus)', () => {
  beforeAll(async () => {
    daemon = await new RunningDaemon(['-', '--decisions', decisions]).started();
    prometheus = await RunningPrometheus.start(folder.path, [daemon.url]);
  });

  afterAll(async () => {
    prometheus.stop();
    await daemon.kill();
    folder.remove();
  });

  it('counts what the event log holds, exactly', async () => {
    const handshakes = new Conversation('wireguard/handshake.pcap');
    daemon.child.stdin!.write(handshakes.capture(0, CLIENTS, Date.now() * 1000, 100));
    const packets = CLIENTS * handshakes.packets.length;
    await until(
      'all packets are scraped',
      async () => (await prometheus.number('sluice_packets_total')) === packets,
      30_000,
    );
    await until(
      'all lines are scraped',
      async () => (await prometheus.number('sluice_event_log_lines_total')) === eventsOf(decisions).length,
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
    const answered = (await prometheus.ask('sum by (action, rule, protocol) (sluice_decisions_total)')).map(
      ({ metric, value }) => [`${metric.action ?? ''} ${metric.rule ?? ''} ${metric.protocol ?? ''}`, value] as const,
    );
    // Every series that can be is there from the start, at 0.
    expect(new Map(answered.filter(([, value]) => value > 0))).toEqual(counts);
    expect(events.length).toBeGreaterThanOrEqual(CLIENTS);
    expect(await prometheus.number('sluice_flows_started_total')).toBe(CLIENTS);
    expect(await prometheus.number('sum(sluice_findings_total{stage="confirmed"})')).toBe(CLIENTS);
    expect(await prometheus.number('sluice_decision_delay_seconds_count')).toBe(CLIENTS);
  });

  it('evaluates the alert rules', async () => {
    const rules = await prometheus.rules();
    expect(rules.length).toBeGreaterThan(8);
    await until('all are evaluated', async () => (await prometheus.number('up{job="sluice"}')) === 1);
    expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
    expect(await prometheus.ask('ALERTS{severity="page"}')).toEqual([]);
  });
});
