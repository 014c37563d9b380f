/** `sluice run` as a process of its own, and what it tells about itself. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { askDaemon } from '../../dist/daemon/control-client.js';

const MAIN = join(import.meta.dirname, '../../dist/bin/sluice.js');
const { fetch } = globalThis;

export class RunningSluice {
  log = '';

  /** Listens on a free port of this machine; `standardOutput` is 'ignore', 'pipe' or a descriptor, `state` a folder. */
  constructor(args, standardOutput = 'ignore', state = 'none') {
    this.folder = mkdtempSync(join(tmpdir(), 'sluice-control-'));
    this.control = join(this.folder, 'control.sock');
    this.child = spawn(
      process.execPath,
      [MAIN, 'run', ...args, '--listen', '127.0.0.1:0', '--state', state, '--control', this.control],
      {
        stdio: ['pipe', standardOutput, 'pipe'],
      },
    );
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.log += text));
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
    process.on('exit', () => {
      this.child.kill('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  async started() {
    while (!this.log.includes('"running"')) {
      if (this.child.exitCode !== null) throw new Error(this.log);
      await sleep(20);
    }
    this.url = `http://127.0.0.1:${/"port":(\d+)/.exec(this.log)[1]}`;
    return this;
  }

  /** Entries of its log at level error. */
  get errors() {
    return this.log.split('\n').filter((line) => line.includes('"level":"error"'));
  }

  async metrics() {
    return new MetricsPage(await (await fetch(`${this.url}/metrics`)).text());
  }

  /** Resolves to true where the rules were read. */
  async reload() {
    return (await askDaemon(this.control, { command: 'reload' })).ok;
  }

  /** Resolves to its exit code. */
  stop() {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}

export class MetricsPage {
  constructor(text) {
    this.lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  }

  /** Sum of a metric's samples whose labels contain `label`. */
  sum(name, label = '') {
    let sum = 0;
    for (const line of this.lines) {
      if (!line.startsWith(`${name} `) && !line.startsWith(`${name}{`)) continue;
      if (line.includes(label)) sum += valueOf(line);
    }
    return sum;
  }

  /** Buckets of a histogram: [upper bound, count up to it], …. */
  buckets(name) {
    return this.lines
      .filter((line) => line.startsWith(`${name}_bucket{`))
      .map((line) => [Number(/le="([^"]+)"/.exec(line)[1].replace('+Inf', 'Infinity')), valueOf(line)]);
  }
}

function valueOf(line) {
  return Number(line.slice(line.lastIndexOf(' ')));
}
