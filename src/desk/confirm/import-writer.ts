/** Has a confirmed import written by a process of its own. Forms wait meanwhile, and pages do not. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WriteGate } from '../work/write-gate.ts';
import { DeedRefused } from '../work/act.ts';
import type { Confirmation } from './confirm-import.ts';
import type { ConfirmAnswer, ConfirmOrder } from './confirm-process.ts';

const PROCESS = fileURLToPath(new URL('./confirm-process.js', import.meta.url));

export class ImportWriter {
  private readonly database: string;
  private readonly gate: WriteGate;
  private readonly process: string;

  constructor(database: string, gate: WriteGate, process = PROCESS) {
    this.database = database;
    this.gate = gate;
    this.process = process;
  }

  /** Resolves when all of it is written. Rejects with DeedRefused, or an error, where nothing is. */
  async write(confirmation: Confirmation): Promise<void> {
    const answer = await this.gate.whileClosed(() => this.writeNow({ ...confirmation, database: this.database }));
    if (answer.kind === 'refused') throw new DeedRefused(answer);
    if (answer.kind === 'failed') throw new Error(answer.problem);
  }

  private writeNow(order: ConfirmOrder): Promise<ConfirmAnswer> {
    return new Promise((resolve) => {
      const failed = (problem: string): void => {
        resolve({ kind: 'failed', problem });
      };
      const child = fork(this.process, [JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      let answer: ConfirmAnswer | null = null;
      child.once('message', (message) => (answer = message as ConfirmAnswer));
      child.once('error', (error) => {
        failed(error.message);
      });
      // Its locks are gone when it has ended.
      child.once('exit', () => {
        if (answer === null) failed('the process that writes the import ended');
        else resolve(answer);
      });
    });
  }
}
