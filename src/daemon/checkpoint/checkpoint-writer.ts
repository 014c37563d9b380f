/** Hands checkpoints to the thread that writes them, one at a time, and counts what came of them. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { StateCopy } from '../../core/snapshot.ts';
import { type CheckpointPlace, removeReserve, saveCheckpoint, type SavingResult } from './checkpoint-files.ts';
import { checkpointBody } from './checkpoint-form.ts';

/** The file of the thread, which exists once this program is compiled. */
const WORKER = new URL('./checkpoint-worker.js', import.meta.url);

/** Codes of a system without room. */
const FULL_DISK: readonly string[] = ['ENOSPC', 'EDQUOT'];

export type CheckpointResult = 'saved' | 'failed' | 'too-large';

export class CheckpointWriter {
  readonly counts: Record<CheckpointResult, number> = { saved: 0, failed: 0, 'too-large': 0 };
  /** Size of the last one, and when it was on disk, ms since 1970; 0 before the first. */
  bytes = 0;
  savedMs = 0;
  /** Code of the error of the last one; null if it was saved. */
  problem: string | null = null;
  private readonly options: CheckpointPlace;
  private worker: Worker | null = null;
  private waiting: ((answer: SavingResult) => void) | null = null;

  constructor(options: CheckpointPlace) {
    this.options = options;
  }

  /** One is being written. */
  get isWriting(): boolean {
    return this.waiting !== null;
  }

  /**
   * Writes one; resolves to the message of what went wrong, null if it is on disk. Not while one is being written.
   * `keepRules`: a restart needs the rules of the checkpoint, so they come first.
   */
  async write(
    document: { readonly rules: string },
    engine: StateCopy | null,
    keepRules: () => Promise<void>,
  ): Promise<string | null> {
    return this.note(
      (await problemOf(keepRules)) ?? (await this.ask(document.rules, checkpointBody(document, engine))),
    );
  }

  /**
   * Writes one in this thread: the program is about to end. Where the disk is full, the one in reserve makes room for
   * it; the last one stays until it is there.
   */
  async writeNow(
    document: { readonly rules: string },
    engine: StateCopy | null,
    keepRules: () => Promise<void>,
  ): Promise<string | null> {
    const save = async (): Promise<SavingResult> =>
      (await problemOf(keepRules)) ??
      saveCheckpoint(this.options, document.rules, () => checkpointBody(document, engine));
    const result = await save();
    const isFull = FULL_DISK.includes(result.problem?.code ?? '');
    return this.note(isFull && removeReserve(this.options.folder) ? await save() : result);
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
    this.worker = null;
  }

  private ask(rules: string, pieces: Uint8Array<ArrayBuffer>[]): Promise<SavingResult> {
    this.worker ??= this.start();
    const { worker } = this;
    return new Promise((resolve) => {
      this.waiting = (answer) => {
        this.waiting = null;
        resolve(answer);
      };
      // Each piece is memory of its own: it moves to the thread, and is not copied again.
      worker.postMessage({ rules, pieces }, [...new Set(pieces.map(({ buffer }) => buffer))]);
    });
  }

  private start(): Worker {
    if (!existsSync(WORKER)) throw new Error('the program is not compiled');
    const worker = new Worker(WORKER, { workerData: this.options });
    worker.unref();
    worker.on('message', (answer: SavingResult) => this.waiting?.(answer));
    worker.on('error', (error) => {
      this.worker = null;
      this.waiting?.({ bytes: 0, problem: { message: error.message, code: 'error' } });
    });
    return worker;
  }

  private note({ bytes, problem }: SavingResult): string | null {
    if (problem === null) {
      this.bytes = bytes;
      this.savedMs = Date.now();
      this.problem = null;
      this.counts.saved++;
    } else {
      this.problem = problem.code;
      this.counts[problem.code === 'too-large' ? 'too-large' : 'failed']++;
    }
    return problem?.message ?? null;
  }
}

/** The result of a checkpoint whose rules cannot be kept; null where they can. */
async function problemOf(keepRules: () => Promise<void>): Promise<SavingResult | null> {
  try {
    await keepRules();
    return null;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { bytes: 0, problem: { message: `its rules cannot be kept: ${message}`, code: code ?? 'error' } };
  }
}
