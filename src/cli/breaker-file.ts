/**
 * The breaker's state in a file, so that a restart neither closes a breaker that has tripped nor forgets who was affected.
 * It names clients: readable for its owner only.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Breaker } from '../policy/breaker.ts';

export class BreakerFile {
  private readonly path: string;
  private written = '';

  constructor(path: string) {
    this.path = path;
  }

  /** Takes up the state that was kept; there is none at the first start. Throws where it cannot be read. */
  load(breaker: Breaker): void {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    breaker.importState(JSON.parse(text));
    this.written = text;
  }

  /** Writes the state if it has changed, whole or not at all. */
  save(breaker: Breaker): void {
    const text = JSON.stringify(breaker.exportState());
    if (text === this.written) return;
    writeFileSync(`${this.path}.new`, text, { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
    this.written = text;
  }
}
