/**
 * Hashes input files while they are processed, by a second read of each. Large ones are hashed in a thread of their
 * own: on a capture of 365 MB SHA-256 adds a quarter to the processor time of a replay, and with a free core nothing to
 * its duration. Both reads are near each other, so the second one finds the bytes in the system's file cache.
 */
import { existsSync, statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type FileHash, fileState, hashFile } from './file-hash.ts';

/** The file of the thread, which exists once this program is compiled. */
const HASH_WORKER = new URL('./hash-worker.js', import.meta.url);
/** Bytes above which a thread is worth its start of some 20 ms. */
const WORTH_A_THREAD = 32_000_000;

export type InputKind = 'capture' | 'labels';

/** An input of a run. `sha256` is null if `unhashed` says why. */
export interface InputFile {
  readonly kind: InputKind;
  readonly file: string;
  /** Size of the file; null for an input without a size, like a pipe. */
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly unhashed?: string;
}

interface Input {
  readonly kind: InputKind;
  readonly path: string;
}

export class InputHashes {
  private readonly inputs: readonly Input[];
  private readonly isHashing: boolean;
  /** Paths of regular files, each once. */
  private readonly paths: readonly string[];
  private readonly hashes = new Map<string, FileHash>();
  private readonly done: Promise<void>;
  private worker: Worker | null = null;

  /** Begins to hash, unless `isHashing` is false. */
  constructor(inputs: readonly Input[], isHashing: boolean) {
    this.inputs = inputs;
    this.isHashing = isHashing;
    const sizes = new Map<string, number>();
    for (const { path } of inputs) sizes.set(path, sizeOf(path));
    this.paths = [...sizes].filter(([, size]) => !Number.isNaN(size)).map(([path]) => path);
    const total = this.paths.reduce((sum, path) => sum + sizes.get(path)!, 0);
    this.done = isHashing ? this.hash(total) : Promise.resolve();
  }

  /** Waits for the hashes. */
  async finished(): Promise<readonly InputFile[]> {
    this.worker?.ref();
    await this.done;
    return this.results('the file could not be read');
  }

  /** Ends the hashing; files without a hash yet are named as such. */
  async stopped(): Promise<readonly InputFile[]> {
    await this.stop();
    return this.results('the run was interrupted before');
  }

  async stop(): Promise<void> {
    await this.worker?.terminate();
  }

  private async hash(total: number): Promise<void> {
    // A worker thread cannot load the TypeScript source that tests run.
    if (total >= WORTH_A_THREAD && existsSync(HASH_WORKER)) {
      await this.hashInThread();
      return;
    }
    for (const path of this.paths) {
      const hash = await hashFile(path).catch(() => null);
      if (hash !== null) this.hashes.set(path, hash);
    }
  }

  private hashInThread(): Promise<void> {
    return new Promise((resolve) => {
      const worker = new Worker(HASH_WORKER, { workerData: this.paths });
      this.worker = worker;
      worker.on('message', ({ place, hash }: { place: number; hash: FileHash | null }) => {
        if (hash !== null) this.hashes.set(this.paths[place]!, hash);
      });
      // A thread that fails leaves files without a hash, and the result names them.
      worker.on('error', () => undefined);
      worker.on('exit', () => {
        resolve();
      });
      // A run that fails does not wait for it. After the listeners, because a listener undoes it.
      worker.unref();
    });
  }

  private async results(missing: string): Promise<readonly InputFile[]> {
    const results: InputFile[] = [];
    for (const { kind, path } of this.inputs) {
      const hash = this.hashes.get(path);
      const none = (unhashed: string): InputFile => ({
        kind,
        file: path,
        bytes: sizeOrNull(path),
        sha256: null,
        unhashed,
      });
      if (!this.isHashing) results.push(none('--no-hash was given'));
      else if (!this.paths.includes(path)) results.push(none('not a regular file: it can be read only once'));
      else if (hash === undefined) results.push(none(missing));
      else if (hash.state !== (await fileState(path))) results.push(none('the file changed during the run'));
      else results.push({ kind, file: path, bytes: hash.bytes, sha256: hash.sha256 });
    }
    return results;
  }
}

/** NaN if it is not a regular file. */
function sizeOf(path: string): number {
  const stat = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : Number.NaN;
}

function sizeOrNull(path: string): number | null {
  const size = sizeOf(path);
  return Number.isNaN(size) ? null : size;
}
