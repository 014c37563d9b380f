/**
 * The file of a log's chain: lines are only ever appended, each on the disk before the next. A line that a killed
 * process left unfinished is cut. A file whose last line is no entry is set aside, and a new chain begins.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, truncate } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { PublicKey } from '../../../rules/signing-key.ts';
import {
  type ChainEntry,
  type ChainFact,
  type ChainSensor,
  entryHash,
  NO_ENTRY,
  parseEntry,
  signedEntry,
} from './chain-entry.ts';

export const CHAIN_SUFFIX = '.chain';
const LINE_BREAK = 10;
/** More than the longest entry. */
const TAIL_LENGTH = 1 << 20;

/** The end of a chain. */
export interface ChainHead {
  /** How many entries there are. */
  readonly entries: number;
  /** The hash of the last entry. */
  readonly sha256: string;
}

export class ChainFile {
  readonly path: string;
  private readonly key: PublicKey;
  private readonly sensor: ChainSensor;
  private handle: FileHandle | null = null;
  private last: ChainHead = { entries: 0, sha256: NO_ENTRY };

  constructor(path: string, key: PublicKey, sensor: ChainSensor) {
    this.path = path;
    this.key = key;
    this.sensor = sensor;
  }

  get head(): ChainHead {
    return this.last;
  }

  /**
   * Opens or creates the file and passes its entries to `onEntry`. Returns the path under which a broken chain was set
   * aside; null if there was none.
   */
  async start(onEntry: (entry: ChainEntry) => void): Promise<string | null> {
    this.handle = await open(this.path, 'a', 0o640);
    await cutTornLine(this.path);
    let lastLine = '';
    for await (const line of chainLines(this.path)) {
      lastLine = line;
      const entry = parseEntry(line);
      if (entry !== null) onEntry(entry);
    }
    if (lastLine === '') return null;
    const entry = parseEntry(lastLine);
    if (entry !== null) {
      this.last = { entries: entry.entry + 1, sha256: entryHash(lastLine) };
      return null;
    }
    await this.close();
    const aside = `${this.path}.broken-${Date.now()}`;
    await rename(this.path, aside);
    this.handle = await open(this.path, 'a', 0o640);
    return aside;
  }

  /** Appends an entry, which is on the disk when this returns. Rejects, with the file as before, if it cannot be. */
  async append(fact: ChainFact): Promise<void> {
    const { handle } = this;
    if (handle === null) throw new Error(`${this.path} is not open`);
    const place = {
      entry: this.last.entries,
      previous: this.last.sha256,
      at: new Date().toISOString(),
      sensor: this.sensor,
    };
    const line = signedEntry(fact, place, this.key);
    const { size } = await handle.stat();
    try {
      await handle.appendFile(`${line}\n`);
      await handle.datasync();
    } catch (error) {
      await handle.truncate(size);
      throw error;
    }
    this.last = { entries: place.entry + 1, sha256: entryHash(line) };
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = null;
    await handle?.close();
  }
}

/** The whole lines of a chain: one that is being written, or that a killed process left unfinished, is none yet. */
export async function* chainLines(path: string): AsyncGenerator<string> {
  const length = await lengthOfWholeLines(path);
  if (length === 0) return;
  yield* createInterface({ input: createReadStream(path, { end: length - 1 }), crlfDelay: Infinity });
}

async function cutTornLine(path: string): Promise<void> {
  await truncate(path, await lengthOfWholeLines(path));
}

/** Bytes up to the last line break; all of them where the end is no unfinished entry. */
async function lengthOfWholeLines(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, TAIL_LENGTH));
    const { bytesRead } = await file.read(tail, 0, tail.length, size - tail.length);
    const torn = bytesRead - (tail.lastIndexOf(LINE_BREAK) + 1);
    return torn < TAIL_LENGTH ? size - torn : size;
  } finally {
    await file.close();
  }
}
