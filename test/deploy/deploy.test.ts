/** What is in deploy/ fits the program: metrics that exist, rules that promtool accepts, a unit that systemd finds safe. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { metricsPage } from '../../src/output/metrics.ts';
import { CATALOGUE } from '../../src/output/metrics-catalogue.ts';

const FOLDER = fileURLToPath(new URL('../../deploy/', import.meta.url));
const LOOSEST_EXPOSURE = 20;

const read = (name: string): string => readFileSync(FOLDER + name, 'utf8');
const inCi = process.env.CI !== undefined;
const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;

const known = new Set(
  CATALOGUE.flatMap(({ metrics }) =>
    metrics.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  ),
);

function unknownMetrics(text: string): string[] {
  return [...text.matchAll(/\bsluice_[a-z_]+/g)].map(([name]) => name).filter((name) => !known.has(name));
}

describe('deploy', () => {
  it('shows every metric in its table, as the program prints it', () => {
    expect(read('METRICS.md')).toBe(metricsPage());
  });

  it('asks in dashboards and alerts only for metrics that exist', () => {
    expect(unknownMetrics(read('prometheus/alerts.yml'))).toEqual([]);
    for (const name of readdirSync(`${FOLDER}grafana/dashboards`)) {
      const text = read(`grafana/dashboards/${name}`);
      const dashboard = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
      for (const { targets } of dashboard.panels)
        for (const { expr } of targets) expect(unknownMetrics(expr)).toEqual([]);
    }
  });

  it('tells in the runbook what to do about every alert', () => {
    const { groups } = parse(read('prometheus/alerts.yml')) as { groups: { rules: { alert: string }[] }[] };
    for (const { alert } of groups.flatMap(({ rules }) => rules)) expect(read('RUNBOOK.md')).toContain(`| ${alert} |`);
  });

  it('has names that count what only grows, and no label that names anybody', () => {
    for (const { metrics } of CATALOGUE) {
      for (const { name, type, labels } of metrics) {
        expect(name.endsWith('_total'), name).toBe(type === 'counter');
        for (const label of labels) expect(label).not.toMatch(/address|ip$|port|holder|client|src|dest/);
      }
    }
  });

  it.skipIf(!inCi && !has('promtool'))(
    'has alert rules that raise what they should (promtool, of Debian prometheus)',
    () => {
      for (const args of [
        ['check', 'rules', `${FOLDER}prometheus/alerts.yml`],
        ['test', 'rules', `${FOLDER}prometheus/alerts.test.yml`],
      ]) {
        const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
        expect(status, stdout + stderr).toBe(0);
      }
    },
  );

  it.skipIf(!inCi && !has('systemd-analyze'))(
    'has a unit that systemd-analyze security finds safe (Debian systemd)',
    () => {
      const args = ['security', '--offline=yes', `--threshold=${LOOSEST_EXPOSURE}`, `${FOLDER}systemd/sluice.service`];
      const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      expect(status, stdout + stderr).toBe(0);
    },
  );

  it('gives the right to capture to the capturing process only', () => {
    const compose = parse(read('docker-compose.yaml')) as {
      services: Record<string, { cap_add?: string[]; cap_drop?: string[] }>;
    };
    expect(compose.services.capture!.cap_add).toEqual(['NET_RAW']);
    expect(compose.services.sluice).toMatchObject({ cap_drop: ['ALL'] });
    expect(compose.services.sluice!.cap_add).toBeUndefined();
    expect(read('systemd/sluice.service')).toMatch(/\| exec setpriv --ambient-caps=-all --inh-caps=-all node /);
  });
});
