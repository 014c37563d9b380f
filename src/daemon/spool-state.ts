/**
 * The processed files of a spool as earlier versions saved them, in `spool.json` (0.1) and then in `spool-files.json`.
 * They are taken over, and removed once a checkpoint has them. They must not stay, because they have positions in logs:
 * those versions would truncate the logs to them.
 */
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DoneFile } from '../capture/spool/spool-checkpoint.ts';
import type { Log } from '../output/log/log.ts';
import { brokenName, StateFile } from './state-file.ts';

const SCHEMA = 2;

export class OlderSpoolState {
  private readonly file: StateFile;
  private readonly log: Log;
  private readonly older: string;

  constructor(folder: string, log: Log) {
    this.log = log;
    this.file = new StateFile(join(folder, 'spool-files.json'), 'spool', SCHEMA);
    this.older = join(folder, 'spool.json');
  }

  /** Null if there are none. Broken files are set aside: all files are then read. */
  load(): readonly DoneFile[] | null {
    const text = this.readOlder();
    if (text !== null) return this.takeOver(text);
    let reading = this.file.load();
    if (reading.kind === 'state') {
      const done = doneOf(reading.data);
      if (done !== null) return done;
      reading = this.file.setAside('it lists no files');
    }
    if (reading.kind === 'broken') this.note(reading.problem, reading.setAside);
    return null;
  }

  /** A checkpoint has the files. */
  remove(): void {
    for (const path of [this.older, this.file.path]) rmSync(path, { force: true });
  }

  private readOlder(): string | null {
    try {
      return readFileSync(this.older, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  private takeOver(text: string): readonly DoneFile[] | null {
    const done = doneOf(parsed(text));
    if (done !== null) {
      this.log.info({ path: this.older }, 'the checkpoint of the spool was taken over from version 0.1');
      return done;
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

function doneOf(value: unknown): readonly DoneFile[] | null {
  const { done } = (value ?? {}) as { done?: unknown };
  const isNamed = (file: unknown): boolean => typeof (file as { name?: unknown } | null)?.name === 'string';
  return Array.isArray(done) && done.every(isNamed) ? (done as readonly DoneFile[]) : null;
}
