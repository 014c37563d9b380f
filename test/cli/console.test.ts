/** `sluice console` as a process: captures on a page. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChildProcess } from 'node:child_process';
import { until } from '../kit/running-daemon.ts';
import { ended, ROOT, sluice, start, temporaryFolder } from './sluice.ts';

const FOLDER = temporaryFolder();
const HANDSHAKE = join(ROOT, 'captures/wireguard/handshake-only.pcap');

class Console {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(...args: readonly string[]) {
    this.child = start(['console', '--port', '0', '--zone', 'UTC', ...args]);
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    running.push(this.child);
  }

  get url(): string {
    return /http:\S+/.exec(this.stdout)![0];
  }

  async read(): Promise<this> {
    await until(
      'all captures are read',
      () => this.stdout.includes(' read.\n') || this.child.exitCode !== null,
      60_000,
    );
    expect(this.child.exitCode, this.stderr).toBeNull();
    return this;
  }

  /** The totals of a measure by the values of a dimension, once all minutes are written. */
  async totals(measure: string, by: string, filters = ''): Promise<Record<string, number>> {
    await until('the history is written', async () => {
      const { history } = (await (await fetch(`${this.url}api/v1/live`)).json()) as {
        history: { written: number; waiting: number };
      };
      return history.waiting === 0 && history.written > 0;
    });
    const answer = await fetch(`${this.url}api/v1/chart?measure=${measure}&by=${by}&from=0&to=100000000000${filters}`);
    const { series } = (await answer.json()) as { series: { name: string; total: number }[] };
    return Object.fromEntries(series.map(({ name, total }) => [name, total]));
  }

  async interrupt(): Promise<{ readonly code: number | null; readonly milliseconds: number }> {
    const began = performance.now();
    const end = new Promise<number | null>((resolve) => this.child.on('close', resolve));
    this.child.kill('SIGINT');
    const code = await end;
    return { code, milliseconds: performance.now() - began };
  }
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

interface Summary {
  readonly packets: { readonly read: number };
  readonly decisions: Record<string, number>;
  readonly flows: {
    readonly found: { protocol: string; stage: string; actions: Record<string, number> }[];
  };
}

describe('sluice console', () => {
  it('decides every committed capture as replay does, each by its own clock, and says nothing else', async () => {
    const console = await new Console('captures').read();
    const { stdout } = await sluice(['replay', 'captures', '--each', '--json', '--quiet']);
    const summary = JSON.parse(stdout) as Summary;
    for (const { protocol, stage, actions } of summary.flows.found) {
      const flows = await console.totals('flows', 'action', `&protocol=${protocol}&stage=${stage}`);
      for (const [action, count] of Object.entries(actions))
        expect(flows[action] ?? 0, `${protocol} ${stage} ${action}`).toBe(count);
    }
    expect(await console.totals('decisions', 'action')).toEqual(summary.decisions);
    expect(Object.values(await console.totals('watched', 'site'))).toEqual([summary.packets.read]);
    expect(console.stderr).toBe('');
    const { code, milliseconds } = await console.interrupt();
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(2000);
  }, 120_000);

  it('serves a shadow beside the rules', async () => {
    const draft = join(FOLDER, 'draft.yaml');
    writeFileSync(
      draft,
      'name: draft\nmode: enforce\nrules:\n  - { name: none, when: { registered: none }, action: block }\n',
    );
    const console = await new Console(HANDSHAKE, '--shadow', draft).read();
    await until('the shadow is shown', async () => {
      const { shadow } = (await (await fetch(`${console.url}api/v1/live`)).json()) as {
        shadow: { policy: string } | null;
      };
      return shadow?.policy === 'draft';
    });
  });

  it('names captures that could not be read to their end, a few of them, and reads the rest', async () => {
    const folder = join(FOLDER, 'damaged');
    mkdirSync(folder);
    copyFileSync(HANDSHAKE, join(folder, 'whole.pcap'));
    const bytes = readFileSync(HANDSHAKE);
    for (let number = 0; number < 7; number++)
      writeFileSync(join(folder, `cut-${number}.pcap`), bytes.subarray(0, bytes.length - 1 - number));
    const console = await new Console(folder).read();
    expect(console.stdout).toContain('1 capture read.');
    const lines = console.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toContain('cut-0.pcap: ');
    expect(lines[5]).toBe('sluice: 2 more captures could not be read to the end');
  });

  it('says what to do when the port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { code, stderr } = await ended(start(['console', HANDSHAKE, '--port', `${port}`]));
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${port}: the port is taken`);
    expect(stderr).toContain('--port N names another');
  });

  it('says what to do when there is no capture', async () => {
    const folder = join(FOLDER, 'empty');
    mkdirSync(folder);
    const { code, stderr } = await ended(start(['console', folder]));
    expect(code).toBe(2);
    expect(stderr).toContain('no capture in this folder');
    expect(stderr).toContain('name capture files (pcap or pcapng), or folders that have some');
  });
});
