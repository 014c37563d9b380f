/**
 * `breaker.json`: the breaker's state in the format of version 0.1. It is read after an upgrade. A trip in force is
 * also written there, so that a downgrade finds the breaker tripped. Files written here have a mark that version 0.1
 * does not write.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Trip } from '../decision/breaker/trip.ts';
import { brokenName, type BrokenState, type StateReading } from './state-file.ts';

const OWNER_ONLY = 0o600;

export class OlderBreaker {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, 'breaker.json');
  }

  /**
   * The state that version 0.1 has written since `keep`; `none` if it has not run. A file that is not JSON, or
   * cannot be read, is set aside.
   */
  load(): StateReading {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' ? { kind: 'none' } : this.setAside(`it cannot be read: ${message}`);
    }
    try {
      const data: unknown = JSON.parse(text);
      const isMarked = typeof data === 'object' && data !== null && 'copy_of' in data;
      return isMarked ? { kind: 'none' } : { kind: 'state', data, savedMs: Date.now() };
    } catch {
      return this.setAside('it is not JSON');
    }
  }

  setAside(problem: string): BrokenState {
    const setAside = brokenName(this.path);
    renameSync(this.path, setAside);
    return { kind: 'broken', problem, setAside };
  }

  /**
   * Writes a trip that stops all enforcement; without one, removes the file, which means a closed breaker. Throws on
   * failure.
   */
  keep(trips: readonly Trip[]): void {
    const trip = trips.find(({ then }) => then === 'observe');
    if (trip === undefined) {
      rmSync(this.path, { force: true });
      return;
    }
    const { timeUs, affected, seen } = trip;
    // Version 0.1 does not have the other causes; they are written as `clients`.
    const cause = trip.cause === 'share' ? 'share' : 'clients';
    const older = { version: 1, trip: { timeUs, cause, affected, seen }, sliceUs: 0, slice: 0, clients: [] };
    writeFileSync(`${this.path}.new`, JSON.stringify({ ...older, copy_of: 'safety.json' }), { mode: OWNER_ONLY });
    renameSync(`${this.path}.new`, this.path);
  }
}
