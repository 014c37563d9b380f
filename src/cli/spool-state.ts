/**
 * The checkpoint of a spool as a file of the daemon's state. Where it is broken it is set aside, and all files are read from their start: what
 * came of those that were done comes again, and nothing is lost.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint, CheckpointStore } from '../capture/spool-checkpoint.ts';
import type { Log } from '../server/log.ts';
import { StateFile } from './state-file.ts';

const SCHEMA = 2;

export class SpoolState implements CheckpointStore {
  private readonly folder: string;
  private readonly log: Log;
  private readonly file: StateFile;

  constructor(folder: string, log: Log) {
    this.folder = folder;
    this.log = log;
    this.file = new StateFile(join(folder, 'spool-files.json'), 'spool', SCHEMA);
  }

  load(): Checkpoint | null {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    let reading = this.file.load();
    if (reading.kind === 'none') return this.loadVersion1();
    if (reading.kind === 'state') {
      if (isCheckpoint(reading.data)) return reading.data;
      reading = this.file.setAside('it lists no files and logs');
    }
    if (reading.kind === 'broken') this.note(reading.problem, reading.setAside);
    return null;
  }

  save(checkpoint: Checkpoint): Promise<void> {
    return this.file.save(checkpoint);
  }

  /** The checkpoint of a program before this form of file; it stays for a return to that program. */
  private loadVersion1(): Checkpoint | null {
    const path = join(this.folder, 'spool.json');
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    const checkpoint = parsed(text);
    if (isCheckpoint(checkpoint)) {
      this.log.info({ path }, 'the checkpoint of the spool was taken over from an older form');
      return checkpoint;
    }
    this.note('it is no checkpoint', path);
    return null;
  }

  private note(problem: string, path: string): void {
    this.log.error(
      { problem, set_aside: path },
      'it is not known which files of the spool are done: all are read, and events of those that were come again',
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
