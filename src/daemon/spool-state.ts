/**
 * The checkpoint of a spool as a file of the daemon's state. A broken checkpoint is set aside and all files are read
 * from their start: events of processed files are repeated, but none is lost.
 *
 * Version 0.1 used `spool.json`. That file is taken over, and removed once its content is saved here, so an existing
 * one was written since and is newer. It must not stay, because it has positions in logs: version 0.1 would truncate
 * the logs to them.
 */
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint, CheckpointStore } from '../capture/spool/spool-checkpoint.ts';
import type { Log } from '../output/log/log.ts';
import { brokenName, StateFile } from './state-file.ts';

const SCHEMA = 2;

export class SpoolState implements CheckpointStore {
  readonly file: StateFile;
  private readonly folder: string;
  private readonly log: Log;
  private readonly older: string;
  private hasOlder = false;

  constructor(folder: string, log: Log) {
    this.folder = folder;
    this.log = log;
    this.file = new StateFile(join(folder, 'spool-files.json'), 'spool', SCHEMA);
    this.older = join(folder, 'spool.json');
  }

  load(): Checkpoint | null {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const older = this.readOlder();
    if (older !== null) return this.takeOver(older);
    let reading = this.file.load();
    if (reading.kind === 'state') {
      if (isCheckpoint(reading.data)) return reading.data;
      reading = this.file.setAside('it lists no files and logs');
    }
    if (reading.kind === 'broken') this.note(reading.problem, reading.setAside);
    return null;
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    await this.file.save(checkpoint);
    if (this.hasOlder) rmSync(this.older, { force: true });
    this.hasOlder = false;
  }

  private readOlder(): string | null {
    try {
      return readFileSync(this.older, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  private takeOver(text: string): Checkpoint | null {
    const checkpoint = parsed(text);
    if (isCheckpoint(checkpoint)) {
      this.hasOlder = true;
      this.log.info({ path: this.older }, 'the checkpoint of the spool was taken over from version 0.1');
      return checkpoint;
    }
    const setAside = brokenName(this.older);
    renameSync(this.older, setAside);
    this.note('it is not a checkpoint', setAside);
    return null;
  }

  private note(problem: string, path: string): void {
    this.log.error(
      { problem, set_aside: path },
      'the processed files of the spool are not known: all files are read, and events of processed ones are repeated',
    );
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isCheckpoint(value: unknown): value is Checkpoint {
  const { done, logs } = (value ?? {}) as { done?: unknown; logs?: unknown };
  const isNamed = (file: unknown): boolean => typeof (file as { name?: unknown } | null)?.name === 'string';
  return Array.isArray(done) && done.every(isNamed) && typeof logs === 'object' && logs !== null;
}
