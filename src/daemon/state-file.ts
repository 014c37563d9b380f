/**
 * A file of the daemon's state: one line that says what it is, with a checksum, then its data as one line of JSON. It is replaced as a whole
 * (written beside, synced, renamed), so a kill at any moment leaves the old or the new one. Readable for its owner only.
 *
 * A file that cannot be used is renamed and stays for an operator to look at: what it held is not known, which is not the same as a first start.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const OWNER_ONLY = 0o600;

export type StateReading =
  | { readonly kind: 'none' }
  /** Data, and when it was saved, ms since 1970. */
  | { readonly kind: 'state'; readonly data: unknown; readonly savedMs: number }
  | BrokenState;

export interface BrokenState {
  readonly kind: 'broken';
  readonly problem: string;
  /** Where the file is now. */
  readonly setAside: string;
}

export class StateFile {
  readonly path: string;
  private readonly what: string;
  private readonly schema: number;
  /** Counts the saves that were asked for: one that is overtaken leaves no trace. */
  private latest = 0;
  private writing: Promise<void> | null = null;

  /** `what` and `schema` are in the first line: files of another kind or a later schema are not taken for this one. */
  constructor(path: string, what: string, schema: number) {
    this.path = path;
    this.what = what;
    this.schema = schema;
  }

  /** Reads the file. Throws where it is there and cannot be opened. */
  load(): StateReading {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'none' };
      throw error;
    }
    const problem = this.problemOf(text);
    if (problem !== null) return this.setAside(problem);
    const [head, data] = text.split('\n') as [string, string];
    return { kind: 'state', data: JSON.parse(data), savedMs: (JSON.parse(head) as { saved_ms: number }).saved_ms };
  }

  /** Renames the file because its data cannot be used. */
  setAside(problem: string): BrokenState {
    const setAside = brokenName(this.path);
    renameSync(this.path, setAside);
    return { kind: 'broken', problem, setAside };
  }

  /** Writes the data, and returns when it is on disk. Throws where it cannot. */
  saveNow(data: unknown): void {
    const { beside } = this.nextFile();
    try {
      const descriptor = openSync(beside, 'w', OWNER_ONLY);
      try {
        // Not writeSync, which may write a part: the rest of a disk.
        writeFileSync(descriptor, this.textOf(data));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
    renameSync(beside, this.path);
    syncFolder(dirname(this.path));
  }

  /** Writes the data without waiting for the disk; while one is being written, nothing. Rejects where it cannot. */
  saveSoon(data: () => unknown): Promise<void> {
    if (this.writing !== null) return Promise.resolve();
    this.writing = this.write(data()).finally(() => (this.writing = null));
    return this.writing;
  }

  /** Writes the data; resolves when it is on disk. Rejects where it cannot. */
  async save(data: unknown): Promise<void> {
    await this.write(data);
    syncFolder(dirname(this.path));
  }

  private async write(data: unknown): Promise<void> {
    const { number, beside } = this.nextFile();
    try {
      const file = await open(beside, 'w', OWNER_ONLY);
      try {
        await file.writeFile(this.textOf(data));
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
    // A save in the meantime is newer.
    if (number === this.latest) renameSync(beside, this.path);
    else unlinkSync(beside);
  }

  /** Where the next save is written first. The first one removes what a killed process has left: only now is the folder surely this process's. */
  private nextFile(): { readonly number: number; readonly beside: string } {
    if (this.latest === 0) this.removeLeftovers();
    const number = ++this.latest;
    return { number, beside: `${this.path}.new-${number}` };
  }

  private textOf(data: unknown): string {
    const body = JSON.stringify(data);
    const head = { state: this.what, schema: this.schema, saved_ms: Date.now(), sha256: sha256(body) };
    return `${JSON.stringify(head)}\n${body}\n`;
  }

  private removeLeftovers(): void {
    const folder = dirname(this.path);
    const prefix = `${basename(this.path)}.new-`;
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder)) if (name.startsWith(prefix)) unlinkSync(join(folder, name));
  }

  /** The problem with the file's text; null for none. */
  private problemOf(text: string): string | null {
    if (text === '') return 'it is empty';
    const [head, body, end] = text.split('\n');
    let header: Record<string, unknown>;
    try {
      header = JSON.parse(head!) as Record<string, unknown>;
    } catch {
      return 'its first line is no JSON';
    }
    if (header.state !== this.what) return `it is no state of ${this.what}`;
    if (!Number.isInteger(header.schema) || (header.schema as number) > this.schema)
      return `its schema is ${String(header.schema)}; this program reads up to ${this.schema}`;
    if (end === undefined || header.sha256 !== sha256(body!))
      return 'its checksum does not fit: it is cut off or was edited';
    return null;
  }
}

/** The name under which a file that cannot be used is kept for an operator. */
export function brokenName(path: string): string {
  return `${path}.broken-${new Date().toISOString().replaceAll(':', '')}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A renamed file is there after a power cut only once its folder is on disk. */
function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
