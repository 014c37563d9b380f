/** A daemon under test: `sluice run` as a process, started as an operator would start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { askDaemon } from '../../src/daemon/control-client.ts';

export const MAIN = fileURLToPath(new URL('../../dist/bin/sluice.js', import.meta.url));
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const alive = new Set<ChildProcess>();
// A failed test leaves its daemon running.
process.on('exit', endAll);

/** Ends all daemons that still run. */
export function endAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

function ownState(): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-state-'));
  // Some daemons run as another user.
  chmodSync(path, 0o777);
  process.on('exit', () => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class RunningDaemon {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  standardOutput = '';
  log = '';

  /** Starts `sluice run` with these arguments; by default it listens on its own port. */
  constructor(
    args: readonly string[],
    options: {
      readonly stdout?: 'pipe' | number;
      readonly command?: readonly string[];
      /** False to use the daemon's own default. */
      readonly ownState?: boolean;
      /** Receives the standard output, which is then not stored. */
      readonly onOutput?: (text: string) => void;
    } = {},
  ) {
    if (!existsSync(MAIN)) throw new Error('npm run build comes before these tests');
    // State is on by default: each daemon under test has its own folder, unless a test sets one.
    const hasState = options.ownState === false || args.includes('--state') || args.includes('--spool');
    const state = hasState ? [] : ['--state', ownState()];
    const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
    const [command, ...before] = [...(options.command ?? []), process.execPath];
    this.child = spawn(command, [...before, MAIN, 'run', ...args, ...listen, ...state], {
      stdio: ['pipe', options.stdout ?? 'pipe', 'pipe'],
    });
    alive.add(this.child);
    this.child.stdout
      ?.setEncoding('utf8')
      .on('data', options.onOutput ?? ((text: string) => (this.standardOutput += text)));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    // A daemon that ends does not read its input to the end.
    this.child.stdin!.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        alive.delete(this.child);
        resolve({ code, signal });
      });
    });
  }

  /** Entries of its log with this message. */
  logged(message: string): Record<string, unknown>[] {
    return this.log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((entry) => entry.msg === message);
  }

  get url(): string {
    const { port } = this.logged('listening')[0] as { port: number };
    return `http://127.0.0.1:${port}`;
  }

  async started(timeoutMs?: number): Promise<this> {
    const hasBegun = (): boolean => this.logged('running').length > 0 || this.child.exitCode !== null;
    await until('the daemon runs', hasBegun, timeoutMs);
    if (this.child.exitCode !== null) throw new Error(`the daemon ended: ${this.log}`);
    return this;
  }

  async get(path: string): Promise<string> {
    return (await fetch(this.url + path)).text();
  }

  /** The answer to a command on the control socket, sent as `sluice ctl` does. */
  async ask(command: string): Promise<Record<string, unknown>> {
    const [{ control }] = this.logged('running') as [{ control: string }];
    return (await askDaemon(control, { command })) as Record<string, unknown>;
  }

  /** Sum of a metric's samples whose labels contain all of `labels` (as `name="value"`). */
  async metric(name: string, ...labels: readonly string[]): Promise<number> {
    let sum = 0;
    for (const line of (await this.get('/metrics')).split('\n')) {
      const match = /^([a-z_]+)(\{.*\})? (\S+)$/.exec(line);
      if (match?.[1] !== name || !labels.every((label) => (match[2] ?? '').includes(label))) continue;
      sum += Number(match[3]);
    }
    return sum;
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** Waits until a condition holds; fails with its name after `timeoutMs`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await sleep(20);
  }
}

/** A folder for one test, and a function that removes it. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export type Event = Record<string, unknown> & { event_type: string };

/** Events of a log; throws if a line is not JSON. */
export function eventsIn(text: string): Event[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}

/** The whole lines of a log; a daemon that is writing may have written a part of the next line. */
export function eventsOf(path: string): Event[] {
  const text = readFileSync(path, 'utf8');
  return eventsIn(text.slice(0, text.lastIndexOf('\n') + 1));
}
