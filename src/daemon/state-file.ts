/**
 * A file of the daemon's state: a header line with kind, schema and checksum, then its data as one line of JSON. It is
 * replaced atomically (written next to it, synced, renamed), so a kill at any moment leaves the old or the new file.
 * Only its owner can read it.
 *
 * An unusable file is renamed and kept for the operator: its content is not known, which differs from a first start.
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
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../output/sync-folder.ts';

const OWNER_ONLY = 0o600;

export type StateReading =
  | { readonly kind: 'none' }
  /** Data, and the time of its saving, ms since 1970. */
  | { readonly kind: 'state'; readonly data: unknown; readonly savedMs: number }
  | BrokenState;

export interface BrokenState {
  readonly kind: 'broken';
  readonly problem: string;
  /** The file's new path. */
  readonly setAside: string;
}

/** What a look at the file has found. `broken`: its content is not whole. */
export interface StateLook {
  readonly state: 'ok' | 'missing' | 'broken' | 'unreadable';
  /** The code of the error for which it is unreadable. */
  readonly code: string | null;
}

/** The parts of the daemon that keep a file. */
export type StateKind = 'safety' | 'clients' | 'rules' | 'fleet-rules' | 'spool';

/** Larger files are looked at in their first line only. */
const WHOLE_BYTES = 1 << 18;
const HEAD_BYTES = 512;

export class StateFile {
  readonly path: string;
  readonly what: StateKind;
  /** The code of the error of the last save (`ENOSPC`); null if it succeeded, or if there was none. */
  problem: string | null = null;
  private readonly schema: number;
  /** Counts the requested saves: a save that is overtaken by a newer one is discarded. */
  private latest = 0;
  private writing: Promise<void> | null = null;

  /** `what` and `schema` are in the header: files of another kind or of a later schema are not accepted. */
  constructor(path: string, what: StateKind, schema: number) {
    this.path = path;
    this.what = what;
    this.schema = schema;
  }

  /** Reads the file. A folder or an unreadable file in its place is unusable too. Throws if it cannot be renamed. */
  load(): StateReading {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' ? { kind: 'none' } : this.setAside(`it cannot be read: ${message}`);
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

  /** Looks at the file without using it. Another process may be replacing it. */
  async look(): Promise<StateLook> {
    try {
      const isFile = (await stat(this.path)).isFile();
      // To open a pipe would wait for its other end.
      if (!isFile) return { state: 'unreadable', code: 'EISDIR' };
      const file = await open(this.path, 'r');
      try {
        const { size } = await file.stat();
        const isWhole = size <= WHOLE_BYTES;
        const bytes = Buffer.alloc(isWhole ? size : HEAD_BYTES);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
        const text = bytes.toString('utf8', 0, bytesRead);
        const problem = isWhole ? this.problemOf(text) : this.headProblemOf(text.split('\n')[0]!).problem;
        return { state: problem === null ? 'ok' : 'broken', code: null };
      } finally {
        await file.close();
      }
    } catch (error) {
      const code = codeOf(error);
      return code === 'ENOENT' ? { state: 'missing', code: null } : { state: 'unreadable', code };
    }
  }

  /** Writes the data, and returns when it is on disk. Throws on failure. */
  saveNow(data: unknown): void {
    try {
      this.replace(data);
      this.problem = null;
    } catch (error) {
      this.problem = codeOf(error);
      throw error;
    }
  }

  private replace(data: unknown): void {
    const { beside } = this.nextFile();
    try {
      const descriptor = openSync(beside, 'w', OWNER_ONLY);
      try {
        // Unlike writeSync, this never writes only a part, even on an almost full disk.
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

  /** Writes the data without waiting for the disk; does nothing during another write. Rejects on failure. */
  saveSoon(data: () => unknown): Promise<void> {
    if (this.writing !== null) return Promise.resolve();
    this.writing = this.write(data()).finally(() => (this.writing = null));
    return this.writing;
  }

  /** Writes the data; resolves when it is on disk. Rejects on failure. */
  async save(data: unknown): Promise<void> {
    await this.write(data);
    syncFolder(dirname(this.path));
  }

  private async write(data: unknown): Promise<void> {
    try {
      await this.replaceLater(data);
      this.problem = null;
    } catch (error) {
      this.problem = codeOf(error);
      throw error;
    }
  }

  private async replaceLater(data: unknown): Promise<void> {
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

  /**
   * Path of the temporary file. The first call removes leftovers of a killed process: only now is the folder surely
   * locked.
   */
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
    const { problem, hash } = this.headProblemOf(head!);
    if (problem !== null) return problem;
    if (end === undefined || hash !== sha256(body!)) return 'its checksum does not fit: it is cut off or was edited';
    return null;
  }

  /** The problem with the first line, null for none, and the checksum of the second one that it states. */
  private headProblemOf(head: string): { readonly problem: string | null; readonly hash: unknown } {
    let header: Record<string, unknown>;
    try {
      // `null` is JSON too.
      header = (JSON.parse(head) ?? {}) as Record<string, unknown>;
    } catch {
      return { problem: 'its first line is not JSON', hash: null };
    }
    const { state, schema, sha256: hash } = header;
    if (state !== this.what) return { problem: `it is no state of ${this.what}`, hash };
    if (Number.isInteger(schema) && (schema as number) <= this.schema) return { problem: null, hash };
    return { problem: `its schema is ${String(schema)}; this program reads up to ${this.schema}`, hash };
  }
}

/** The code of a system error, like `ENOSPC`; its name where it has none. */
export function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name;
}

/** The name under which an unusable file is kept for the operator. */
export function brokenName(path: string): string {
  return `${path}.broken-${new Date().toISOString().replaceAll(':', '')}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
