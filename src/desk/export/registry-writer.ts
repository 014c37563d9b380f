/** Writes the registry out whenever it has changed, one writing at a time, in a process of its own. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../output/log/log.ts';
import type { RegistryKeys } from '../registry-keys.ts';
import type { ExportOrder } from './export-process.ts';
import type { ExportResult } from './write-registry.ts';

const PAUSE_MS = 1000;
const PROCESS = fileURLToPath(new URL('./export-process.js', import.meta.url));

export class RegistryWriter {
  private readonly order: Pick<ExportOrder, 'database' | 'folder'>;
  private readonly keys: RegistryKeys;
  private readonly log: Log;
  private readonly now: () => number;
  private running: Promise<ExportResult> | null = null;
  private isWanted = false;
  private waiting: NodeJS.Timeout | null = null;

  constructor(order: Pick<ExportOrder, 'database' | 'folder'>, keys: RegistryKeys, log: Log, now: () => number) {
    this.order = order;
    this.keys = keys;
    this.log = log;
    this.now = now;
  }

  /** Soon: changes that come during a writing are written by one more. */
  want(): void {
    if (this.running !== null) this.isWanted = true;
    else if (this.waiting === null) void this.write(null);
  }

  async write(confirmed: string | null): Promise<ExportResult> {
    while (this.running !== null) await this.running;
    this.running = this.writeNow(confirmed);
    const result = await this.running;
    this.running = null;
    const { state, rows, problem } = result;
    if (state === 'written') this.log.info({ rows }, 'the registry was written');
    else if (state !== 'unchanged') this.log.error({ state, problem }, 'the registry was not written');
    if (this.isWanted) {
      this.isWanted = false;
      this.wantLater();
    }
    return result;
  }

  /** Changes that come one after the other are written together: each writing is a process. */
  private wantLater(): void {
    this.waiting ??= setTimeout(() => {
      this.waiting = null;
      this.want();
    }, PAUSE_MS);
    this.waiting.unref();
  }

  private writeNow(confirmed: string | null): Promise<ExportResult> {
    const order: ExportOrder = { ...this.order, keyFiles: this.keys.files, nowMs: this.now(), confirmed };
    return new Promise((resolve) => {
      const failed = (problem: string): void => {
        resolve({ state: 'failed', rows: 0, sha256: '', problem });
      };
      const child = fork(PROCESS, [JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      child.once('message', (result) => {
        resolve(result as ExportResult);
      });
      child.once('error', (error) => {
        failed(error.message);
      });
      child.once('exit', () => {
        failed('the process that writes the registry ended');
      });
    });
  }
}
