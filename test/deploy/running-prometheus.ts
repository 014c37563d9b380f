/** A Prometheus under test, of the Debian package: scrapes daemons three times a second and evaluates deploy's alerts as often. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../kit/running-daemon.ts';

const ALERTS = fileURLToPath(new URL('../../deploy/prometheus/alerts.yml', import.meta.url));

export const hasPrometheus = spawnSync('prometheus', ['--version']).error === undefined;

export interface Sample {
  readonly metric: Record<string, string>;
  readonly value: number;
}

export class RunningPrometheus {
  private readonly process: ChildProcess;
  private readonly url: string;

  private constructor(process: ChildProcess, url: string) {
    this.process = process;
    this.url = url;
  }

  /** Starts one in a folder that scrapes these URLs, and waits until it is ready. */
  static async start(folder: string, daemons: readonly string[]): Promise<RunningPrometheus> {
    copyFileSync(ALERTS, join(folder, 'alerts.yml'));
    const config = join(folder, 'prometheus.yml');
    const targets = daemons.map((url) => `'${new URL(url).host}'`).join(', ');
    writeFileSync(
      config,
      `global: { scrape_interval: 300ms, scrape_timeout: 300ms, evaluation_interval: 300ms }
rule_files: [alerts.yml]
scrape_configs: [{ job_name: sluice, static_configs: [{ targets: [${targets}] }] }]
`,
    );
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`];
    const child = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
    const isReady = async (): Promise<boolean> => (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true;
    await until('Prometheus is ready', isReady, 30_000);
    return new RunningPrometheus(child, url);
  }

  stop(): void {
    this.process.kill('SIGKILL');
  }

  /** Samples of an expression. Throws where Prometheus cannot evaluate it. */
  async ask(expression: string): Promise<Sample[]> {
    const response = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const answer = (await response.json()) as {
      error?: string;
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (answer.data === undefined) throw new Error(`${expression}: ${answer.error ?? ''}`);
    return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** The first sample's value. */
  async number(expression: string): Promise<number | undefined> {
    return (await this.ask(expression))[0]?.value;
  }

  /** Names and health of the alert rules. */
  async rules(): Promise<{ readonly name: string; readonly health: string }[]> {
    const response = await fetch(`${this.url}/api/v1/rules`);
    const { data } = (await response.json()) as { data: { groups: { rules: { name: string; health: string }[] }[] } };
    return data.groups.flatMap(({ rules }) => rules);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
