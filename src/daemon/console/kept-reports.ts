/**
 * Reports that are kept in the folder of state: each is a folder of its own, with its page, its JSON and its CSV files.
 * It is written under another name, and renamed when all of it is on disk, so that a kill leaves none in parts. Only
 * the owner may read them: a report for operators has figures that others must not see.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { csvName, type ReportFiles } from '../../history/report/report-files.ts';
import { reportHead, type ReportHead } from '../../history/report/report-head.ts';
import type { ReportFormat } from '../../web/api/report-routes.ts';

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const HEAD = 'head.json';
const UNFINISHED = '.new-';
const ID = /^[A-Za-z0-9-]+$/;

export class KeptReports {
  private readonly folder: string;
  private readonly heads = new Map<string, ReportHead>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The latest period first. */
  get list(): ReportHead[] {
    return [...this.heads.values()].sort((a, b) => b.period.to - a.period.to || (a.id < b.id ? -1 : 1));
  }

  get(id: string): ReportHead | undefined {
    return this.heads.get(id);
  }

  /** Reads which there are, and removes what a killed process left. A report that cannot be read is made again. */
  async load(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    for (const id of await readdir(this.folder)) {
      if (id.startsWith(UNFINISHED)) await rm(join(this.folder, id), { recursive: true, force: true });
      if (!ID.test(id)) continue;
      const head = await this.readHead(id);
      if (head !== null) this.heads.set(id, head);
    }
  }

  /** Resolves when the report is on disk. Rejects with the system's error, and leaves nothing then. */
  async add(id: string, { head, page, json, tables }: ReportFiles): Promise<void> {
    const beside = join(this.folder, UNFINISHED + id);
    const target = join(this.folder, id);
    await rm(beside, { recursive: true, force: true });
    try {
      await mkdir(beside, { mode: OWNER_ONLY_FOLDER });
      const whole: ReportHead = { id, ...head };
      await writeWhole(join(beside, `${head.name}.html`), page);
      await writeWhole(join(beside, `${head.name}.json`), json);
      for (const [table, csv] of Object.entries(tables)) await writeWhole(join(beside, csvName(whole, table)), csv);
      await writeWhole(join(beside, HEAD), `${JSON.stringify(whole)}\n`);
      await syncFolder(beside);
      await rm(target, { recursive: true, force: true });
      await rename(beside, target);
      await syncFolder(this.folder);
      this.heads.set(id, whole);
    } catch (error) {
      await rm(beside, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** A file of a report, null for one that there is not. Rejects with the system's error. */
  async file(
    id: string,
    format: Exclude<ReportFormat, 'pdf'>,
    table: string,
  ): Promise<{ readonly name: string; readonly body: string } | null> {
    const head = this.heads.get(id);
    if (head === undefined) return null;
    if (format === 'csv' && !head.tables.some((one) => one.id === table)) return null;
    const name = format === 'csv' ? csvName(head, table) : `${head.name}.${format}`;
    return { name, body: await readFile(join(this.folder, id, name), 'utf8') };
  }

  async remove(id: string): Promise<void> {
    this.heads.delete(id);
    await rm(join(this.folder, id), { recursive: true, force: true });
  }

  private async readHead(id: string): Promise<ReportHead | null> {
    try {
      const head = reportHead.safeParse(JSON.parse(await readFile(join(this.folder, id, HEAD), 'utf8')));
      return head.success && head.data.id === id ? head.data : null;
    } catch {
      return null;
    }
  }
}

async function writeWhole(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', OWNER_ONLY);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
