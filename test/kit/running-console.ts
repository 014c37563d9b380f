/** `sluice console` as a process, started as a user would start it, on a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { MAIN, until } from './running-daemon.ts';

export class RunningConsole {
  readonly child: ChildProcess;
  output = '';
  errors = '';

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, 'console', '--port', '0', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    process.on('exit', () => this.child.kill('SIGKILL'));
  }

  /** Resolves once all captures are read. */
  async read(): Promise<this> {
    await until('the captures are read', () => /\bread\b/.test(this.output) || this.child.exitCode !== null, 60_000);
    if (this.child.exitCode !== null) throw new Error(`the console ended: ${this.errors}`);
    return this;
  }

  get origin(): string {
    return /http:\/\/[\d.]+:\d+/.exec(this.output)![0];
  }

  stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return new Promise((resolve) => {
      if (this.child.exitCode !== null) resolve(this.child.exitCode);
      else this.child.once('exit', resolve);
    });
  }
}
