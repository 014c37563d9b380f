/**
 * Files that applicants send. They lie in a folder outside the database under random names, are known by their content
 * and not by their name, and are only ever given out for storing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeskDatabase, row, rows, run } from './desk-database.ts';

export const LARGEST_FILE = 5 << 20;

export interface StoredFile {
  readonly id: number;
  readonly application: number;
  /** As the applicant named it, shortened. */
  readonly name: string;
  readonly type: FileType;
  readonly bytes: number;
  readonly stored: string;
  readonly atMs: number;
  readonly removedMs: number | null;
}

const TYPES = {
  'application/pdf': [0x25, 0x50, 0x44, 0x46, 0x2d],
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  'image/jpeg': [0xff, 0xd8, 0xff],
} as const;
export type FileType = keyof typeof TYPES;

const NAME_BYTES = 16;
const LONGEST_NAME = 80;
const OWNER_ONLY = 0o600;
const COLUMNS = 'id, application, name, type, bytes, stored, at_ms AS atMs, removed_ms AS removedMs';

/** The type that the content has; null for one that is not taken. */
export function typeOf(content: Uint8Array): FileType | null {
  const found = (Object.keys(TYPES) as FileType[]).find((type) =>
    TYPES[type].every((byte, at) => content[at] === byte),
  );
  return found ?? null;
}

/** Why a file is not taken; null for one that is. */
export function fileProblem(content: Uint8Array): string | null {
  if (content.length === 0) return 'the file is empty';
  if (content.length > LARGEST_FILE) return 'the file is larger than 5 MB';
  return typeOf(content) === null ? 'the file is no PDF, PNG or JPEG, whatever its name says' : null;
}

/** Stores a file that `fileProblem` takes; its path. The content is on the disk before the database names it. */
export function storeFile(
  database: DeskDatabase,
  folder: string,
  file: { readonly application: number; readonly name: string; readonly content: Uint8Array; readonly atMs: number },
): string {
  const { application, name, content, atMs } = file;
  const stored = randomBytes(NAME_BYTES).toString('hex');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, stored);
  try {
    writeFileSync(path, content, { mode: OWNER_ONLY, flag: 'wx', flush: true });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  run(
    database,
    'INSERT INTO file (application, name, type, bytes, sha256, stored, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
    application,
    plainName(name),
    typeOf(content),
    content.length,
    createHash('sha256').update(content).digest('hex'),
    stored,
    atMs,
  );
  return path;
}

/**
 * Removes what no application has: a process that was killed before its transaction was committed leaves the content of
 * a file. How many there were.
 */
export function removeStrayFiles(database: DeskDatabase, folder: string): number {
  if (!existsSync(folder)) return 0;
  const found = rows<{ readonly stored: string }>(database, 'SELECT stored FROM file WHERE removed_ms IS NULL');
  const known = new Set(found.map(({ stored }) => stored));
  const stray = readdirSync(folder).filter((name) => !known.has(name));
  for (const name of stray) rmSync(join(folder, name), { force: true });
  return stray.length;
}

/** A name without a path, without characters that a system takes for more than a letter. */
function plainName(name: string): string {
  const plain = name
    .replace(/^.*[/\\]/s, '')
    .replace(/[^\p{L}\p{N}._ -]/gu, '_')
    .slice(-LONGEST_NAME);
  return plain === '' ? 'file' : plain;
}

export function filesOf(database: DeskDatabase, application: number): StoredFile[] {
  return rows(database, `SELECT ${COLUMNS} FROM file WHERE application = ? ORDER BY id`, application);
}

export function fileById(database: DeskDatabase, id: number): StoredFile | null {
  return row(database, `SELECT ${COLUMNS} FROM file WHERE id = ?`, id);
}

export function contentOf(folder: string, { stored }: StoredFile): Buffer {
  return readFileSync(join(folder, stored));
}

/** Removes the content; the database keeps that there was one. */
export function removeFiles(database: DeskDatabase, folder: string, application: number, atMs: number): void {
  for (const { id, stored, removedMs } of filesOf(database, application)) {
    if (removedMs !== null) continue;
    rmSync(join(folder, stored), { force: true });
    run(database, "UPDATE file SET removed_ms = ?, name = 'removed' WHERE id = ?", atMs, id);
  }
}
