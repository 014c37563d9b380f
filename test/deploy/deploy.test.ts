/** What is in deploy/ fits the program: metrics that exist, rules that promtool accepts, a unit that systemd finds safe. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { metricsPage } from '../../src/output/metrics/metrics.ts';
import { CATALOGUE } from '../../src/output/metrics/metrics-catalogue.ts';
import { MAIN } from '../kit/running-daemon.ts';
import { alerts, DEPLOY, panelExpressions, readDeploy } from './deploy-files.ts';

const UNITS = ['sluice.service', 'sluice-capture@.service'];
/** Tenths: 2.0. */
const LOOSEST_EXPOSURE = 20;

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

const dashboardExpressions = (): string[] => panelExpressions().map(({ expression }) => expression);

interface Service {
  readonly image?: string;
  readonly build?: string | object;
  readonly command?: string[];
  readonly volumes?: string[];
  readonly ports?: string[];
  readonly cap_add?: string[];
  readonly cap_drop?: string[];
}

function compose(): { readonly services: Record<string, Service>; readonly volumes: Record<string, object> } {
  return parse(readDeploy('docker-compose.yaml')) as ReturnType<typeof compose>;
}

/** The words after the program in a unit that starts it by Node, and not by a shell. */
function commandOf(unit: string): string[] {
  return /^ExecStart=\/usr\/bin\/node \S+sluice\.js (.*)$/m.exec(unit)![1]!.split(' ');
}

function expectFlags(command: string, words: readonly string[], atLeast: number): void {
  const help = spawnSync(process.execPath, [MAIN, command, '--help'], { encoding: 'utf8' }).stdout;
  const used = words.filter((word) => word.startsWith('--'));
  expect(used.length).toBeGreaterThanOrEqual(atLeast);
  for (const flag of used) expect(help).toContain(`${flag.split('=')[0]!} `);
}

describe('deploy', () => {
  it('shows every metric in its table, as the program prints it', () => {
    expect(readDeploy('METRICS.md')).toBe(metricsPage());
  });

  it('asks in dashboards and alerts only for metrics that exist', () => {
    expect(unknownMetrics(readDeploy('prometheus/alerts.yml'))).toEqual([]);
    expect(dashboardExpressions().length).toBeGreaterThan(20);
    for (const expression of dashboardExpressions()) expect(unknownMetrics(expression)).toEqual([]);
  });

  it.skipIf(!inCi && !has('promtool'))('shows no group of 1 to 4 clients on a dashboard (promtool)', () => {
    const expressions = dashboardExpressions().filter((expression) =>
      /sluice_(shadow_)?(clients|registered)_(affected|seen|newly_hit|no_longer_hit)/.test(expression),
    );
    expect(expressions.length).toBeGreaterThan(4);
    const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
    try {
      // A minute for each count of clients, from none to seven.
      const ofShadow = ['clients_newly_hit', 'clients_no_longer_hit', 'registered_newly_hit'];
      const names = [
        ...['sluice_clients_affected', 'sluice_clients_seen'],
        ...ofShadow.map((name) => `sluice_shadow_${name}{span="last_hour"}`),
      ];
      const series = names.map((name) => ({ series: name, values: '0+1x7' }));
      const tests = expressions.flatMap((expr) =>
        [0, 1, 4, 5, 7].map((count) => ({
          expr: `count(${expr}) or vector(0)`,
          eval_time: `${count}m`,
          exp_samples: [{ labels: '{}', value: count === 0 || count >= 5 ? 1 : 0 }],
        })),
      );
      const page = {
        evaluation_interval: '1m',
        tests: [{ interval: '1m', input_series: series, promql_expr_test: tests }],
      };
      writeFileSync(join(folder, 'test.yml'), JSON.stringify(page));
      const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', join(folder, 'test.yml')], {
        encoding: 'utf8',
      });
      expect(status, stdout + stderr).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('tells in the runbook what to do about every alert', () => {
    for (const { alert } of alerts()) expect(readDeploy('RUNBOOK.md')).toContain(`| ${alert} |`);
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
        ['check', 'rules', `${DEPLOY}prometheus/alerts.yml`],
        ['test', 'rules', `${DEPLOY}prometheus/alerts.test.yml`],
        ['check', 'rules', `${DEPLOY}prometheus/hub-alerts.yml`],
        ['test', 'rules', `${DEPLOY}prometheus/hub-alerts.test.yml`],
      ]) {
        const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
        expect(status, stdout + stderr).toBe(0);
      }
    },
  );

  it.skipIf(!inCi && !has('systemd-analyze')).each(UNITS)(
    'has %s, which systemd-analyze security finds safe (Debian systemd)',
    (unit) => {
      const args = ['security', '--offline=yes', `--threshold=${LOOSEST_EXPOSURE}`, `${DEPLOY}systemd/${unit}`];
      const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      expect(status, stdout + stderr).toBe(0);
    },
  );

  it('gives the right to capture to the capturing process only', () => {
    const { services } = compose();
    expect(services.capture!.cap_add).toEqual(['NET_RAW']);
    expect(services.sluice).toMatchObject({ cap_drop: ['ALL'] });
    expect(services.sluice!.cap_add).toBeUndefined();
    expect(readDeploy('systemd/sluice.service')).toMatch(/^CapabilityBoundingSet=$/m);
    expect(readDeploy('systemd/sluice-capture@.service')).toMatch(/^CapabilityBoundingSet=CAP_NET_RAW$/m);
  });

  it('has a docker-compose whose files and volumes are there, images have versions, and ports are for this machine', () => {
    const { services, volumes } = compose();
    for (const [name, service] of Object.entries(services)) {
      expect(service.image !== undefined || service.build !== undefined, name).toBe(true);
      if (service.image !== undefined) expect(service.image).toMatch(/:v?\d+\.\d+\.\d+$/);
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
      for (const volume of service.volumes ?? []) {
        const from = volume.split(':')[0]!;
        expect(from.startsWith('.') ? existsSync(DEPLOY + from) : from in volumes, volume).toBe(true);
      }
    }
  });

  it('starts the daemon in docker-compose and in the units with flags that it has, and without a shell', () => {
    const [run, capture] = UNITS.map((unit) => commandOf(readDeploy(`systemd/${unit}`)));
    expect([run![0], capture![0]]).toEqual(['run', 'capture']);
    expectFlags('run', [...compose().services.sluice!.command!, ...run!], 10);
    expectFlags('capture', capture!, 1);
  });

  it('builds the image from files that are there and that it is not told to ignore', () => {
    const root = `${DEPLOY}../`;
    const dockerfile = readFileSync(`${root}Dockerfile`, 'utf8');
    const ignored = readFileSync(`${root}.dockerignore`, 'utf8').split('\n');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) => files!.split(' '));
    expect(copied.length).toBeGreaterThan(5);
    for (const file of copied) {
      expect(existsSync(root + file), file).toBe(true);
      expect(ignored).not.toContain(file);
    }
    const program = /ENTRYPOINT \["node", "\/sluice\/(.+)"\]/.exec(dockerfile)![1]!;
    expect(existsSync(root + program)).toBe(true);
  });
});
