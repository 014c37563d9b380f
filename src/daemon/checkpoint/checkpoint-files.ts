/**
 * The files of checkpoints in the folder of state: the last one, and the one before it in reserve. A file is replaced
 * atomically (written beside it, synced, renamed), so a kill at any moment leaves a whole one. Only its owner can read
 * them: they have addresses and the first bytes of streams.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../output/sync-folder.ts';
import { brokenName } from '../state-file.ts';
import {
  CHECKPOINT_SCHEMA,
  type CheckpointContent,
  type CheckpointHead,
  readCheckpointBody,
} from './checkpoint-form.ts';

export const CHECKPOINT_NAME = 'checkpoint.bin';
export const RESERVE_NAME = 'checkpoint.before.bin';
const BESIDE_NAME = 'checkpoint.new';
const OWNER_ONLY = 0o600;
/** More than a first line has. */
const HEAD_BYTES = 4096;

/** Its checksum is of the bytes after the first line. */
const BODY_ONLY_SCHEMA = 1;

type NamedHead = Omit<CheckpointHead, 'sha256'>;

export interface ReadCheckpoint extends CheckpointContent {
  readonly build: string;
  /** Hash of the rules in use. */
  readonly rules: string;
  readonly savedMs: number;
}

/** A file that cannot be used. */
export interface BrokenCheckpoint {
  readonly path: string;
  readonly problem: string;
}

export interface FoundCheckpoint {
  /** Null for none that can be used. */
  readonly checkpoint: ReadCheckpoint | null;
  readonly broken: readonly BrokenCheckpoint[];
  /** The last one was not to be used, and this is the one before it. */
  readonly isReserve: boolean;
  /** Another one once the files are others. */
  readonly identity: string;
}

/** Names the files as they are now. */
export function checkpointIdentity(folder: string): string {
  const found = [CHECKPOINT_NAME, RESERVE_NAME].map((name) => statSync(join(folder, name), { throwIfNoEntry: false }));
  return found.map((file) => (file === undefined ? 'none' : `${file.ino} ${file.size} ${file.mtimeMs}`)).join(', ');
}

/** The last whole checkpoint. Changes nothing: the folder may not be locked yet. */
export function findCheckpoint(folder: string): FoundCheckpoint {
  const identity = checkpointIdentity(folder);
  const broken: BrokenCheckpoint[] = [];
  for (const name of [CHECKPOINT_NAME, RESERVE_NAME]) {
    const path = join(folder, name);
    try {
      const checkpoint = read(path);
      if (checkpoint !== null) return { checkpoint, broken, isReserve: name === RESERVE_NAME, identity };
    } catch (error) {
      broken.push({ path, problem: (error as Error).message });
    }
  }
  return { checkpoint: null, broken, isReserve: false, identity };
}

/** Keeps a file that cannot be used for the operator; returns its new path. Throws if it cannot be renamed. */
export function setCheckpointAside({ path }: BrokenCheckpoint): string {
  const setAside = brokenName(path);
  renameSync(path, setAside);
  return setAside;
}

/** Hashes of the rules of the checkpoints there are, from their first lines. */
export function rulesOfCheckpoints(folder: string): readonly string[] {
  return [CHECKPOINT_NAME, RESERVE_NAME].flatMap((name) => {
    try {
      const file = openSync(join(folder, name), 'r');
      try {
        const start = Buffer.alloc(HEAD_BYTES);
        const length = readSync(file, start, 0, HEAD_BYTES, 0);
        return [headOf(start.toString('latin1', 0, length).split('\n')[0]!).rules];
      } finally {
        closeSync(file);
      }
    } catch {
      return [];
    }
  });
}

/** Null if there is no file. Throws for one that cannot be used. */
function read(path: string): ReadCheckpoint | null {
  let bytes: Buffer<ArrayBuffer>;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const end = bytes.indexOf('\n');
  const head = headOf(bytes.toString('latin1', 0, Math.max(0, end)));
  const body = bytes.subarray(end + 1);
  if (checksumOf(head, [body]) !== head.sha256)
    throw new RangeError('its checksum does not fit: it is cut off or was edited');
  return { ...readCheckpointBody(body), build: head.build, rules: head.rules, savedMs: head.saved_ms };
}

/** Hash of the first line, but for the checksum itself, and of all bytes after it; before schema 2 of these only. */
function checksumOf({ state, schema, build, rules, saved_ms }: NamedHead, pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  if (schema > BODY_ONLY_SCHEMA) hash.update(JSON.stringify([state, schema, build, rules, saved_ms]));
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

function headOf(line: string): CheckpointHead {
  let head: Partial<CheckpointHead> | null;
  try {
    head = JSON.parse(line) as Partial<CheckpointHead> | null;
  } catch {
    throw new RangeError('its first line is not JSON');
  }
  if (head?.state !== 'checkpoint') throw new RangeError('it is no checkpoint');
  const { schema } = head;
  if (schema === CHECKPOINT_SCHEMA || schema === BODY_ONLY_SCHEMA) return head as CheckpointHead;
  const read = `${BODY_ONLY_SCHEMA} and ${CHECKPOINT_SCHEMA}`;
  throw new RangeError(`its schema is ${String(schema)}; this program reads ${read}`);
}

export interface CheckpointPlace {
  readonly folder: string;
  /** Names the program and the sizes that its state depends on. */
  readonly build: string;
  /** Bytes that checkpoints may take on disk. */
  readonly limit: number;
}

/** The result of saving a checkpoint. */
export interface SavingResult {
  /** Its size; 0 if it was not saved. */
  readonly bytes: number;
  /** The message of what went wrong, and the system's code, `too-large` or `error`; null if it is on disk. */
  readonly problem: { readonly message: string; readonly code: string } | null;
}

/**
 * Saves a checkpoint, and keeps the one before it unless both would need more than `limit` bytes. Returns when it is on
 * disk, or could not be saved: what was there before is then still there. `pieces`: makes the bytes after the first
 * line, for which there may be too little memory.
 */
export function saveCheckpoint(
  place: CheckpointPlace,
  rules: string,
  pieces: () => readonly Uint8Array[],
): SavingResult {
  try {
    return { bytes: save(place, rules, pieces()), problem: null };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const kind = code ?? (error instanceof RangeError ? 'too-large' : 'error');
    return { bytes: 0, problem: { message, code: kind } };
  }
}

/** Removes the checkpoint in reserve, if the last one is there; false if nothing was removed. */
export function removeReserve(folder: string): boolean {
  const sizeOf = (name: string): number => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  if (sizeOf(CHECKPOINT_NAME) === 0 || sizeOf(RESERVE_NAME) === 0) return false;
  rmSync(join(folder, RESERVE_NAME), { force: true });
  return true;
}

/** Throws RangeError if it needs more than the limit, or the error of the disk. Returns its size. */
function save({ folder, build, limit }: CheckpointPlace, rules: string, pieces: readonly Uint8Array[]): number {
  const named = { state: 'checkpoint', schema: CHECKPOINT_SCHEMA, build, rules, saved_ms: Date.now() } as const;
  const head: CheckpointHead = { ...named, sha256: checksumOf(named, pieces) };
  const all = [Buffer.from(`${JSON.stringify(head)}\n`), ...pieces];
  const bytes = all.reduce((sum, piece) => sum + piece.length, 0);
  const path = join(folder, CHECKPOINT_NAME);
  const reserve = join(folder, RESERVE_NAME);
  const beside = join(folder, BESIDE_NAME);
  const before = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  // While it is written, the last one must stay.
  if (bytes + before > limit)
    throw new RangeError(`it needs ${bytes} bytes beside the ${before} of the one before, and --max-state is ${limit}`);
  if (bytes + before + (statSync(reserve, { throwIfNoEntry: false })?.size ?? 0) > limit)
    rmSync(reserve, { force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    write(beside, all);
    if (before > 0) {
      rmSync(reserve, { force: true });
      linkSync(path, reserve);
    }
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  renameSync(beside, path);
  syncFolder(folder);
  return bytes;
}

function write(path: string, pieces: readonly Uint8Array[]): void {
  const file = openSync(path, 'w', OWNER_ONLY);
  try {
    for (const piece of pieces) for (let at = 0; at < piece.length;) at += writeSync(file, piece, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
