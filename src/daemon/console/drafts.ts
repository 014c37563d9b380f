/**
 * The folder of drafts: policies that operators may let decide beside the active one. A caller names a file in it and
 * nothing else, so that no request makes the daemon read another file: no path, no hidden file, no link.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const DRAFT_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_. -]{0,250}\.ya?ml$/u;
const MOST_DRAFTS = 200;

export class Drafts {
  /** Null for none. */
  private readonly folder: string | null;

  constructor(folder: string | null) {
    this.folder = folder;
  }

  get isConfigured(): boolean {
    return this.folder !== null;
  }

  /** The names of the first policies in it, in order. A folder that cannot be read has none. */
  async names(): Promise<string[]> {
    if (this.folder === null) return [];
    const entries = await readdir(this.folder, { withFileTypes: true }).catch(() => []);
    const names = entries.filter((entry) => entry.isFile() && DRAFT_NAME.test(entry.name)).map(({ name }) => name);
    return names.sort().slice(0, MOST_DRAFTS);
  }

  /** The path of a draft; null for a name that is none. */
  async pathOf(name: string): Promise<string | null> {
    if (this.folder === null || !DRAFT_NAME.test(name)) return null;
    const path = join(this.folder, name);
    const found = await lstat(path).catch(() => null);
    return found?.isFile() === true ? path : null;
  }
}
