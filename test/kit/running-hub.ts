/** A hub under test: `sluice hub` as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { MAIN, until } from './running-daemon.ts';

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export class RunningHub {
  readonly child: ChildProcess;
  log = '';
  private readonly ended: Promise<void>;

  /** `before`: what comes before the command, as of a network namespace. */
  constructor(args: readonly string[], before: readonly string[] = []) {
    const command = [...before, process.execPath];
    this.child = spawn(command[0]!, [...command.slice(1), MAIN, 'hub', ...args, '--listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    alive.add(this.child);
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    this.ended = new Promise((resolve) => {
      this.child.on('close', () => {
        alive.delete(this.child);
        resolve();
      });
    });
  }

  async started(): Promise<this> {
    await until('the hub listens', () => this.log.includes('"listening"') || this.child.exitCode !== null, 180_000);
    if (this.child.exitCode !== null) throw new Error(`the hub ended: ${this.log}`);
    return this;
  }

  get url(): string {
    const line = this.log.split('\n').find((text) => text.includes('"listening"'))!;
    return `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
  }

  async get(path: string): Promise<string> {
    return (await fetch(this.url + path)).text();
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.child.kill(signal);
    return this.ended;
  }
}
