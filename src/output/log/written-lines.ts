/**
 * The events that a log has on disk after a checkpoint. A restart makes the events after its checkpoint once more:
 * those that are there are not written again. Lines are compared without their number, because events of the daemon
 * itself (starts, reloads, counts) come at other moments in each run.
 */
import { hash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { movedFilesOf } from './log-tail.ts';
import type { LogPosition } from './rotating-file.ts';

/** Bytes that are read at a time. */
const BLOCK_LENGTH = 1 << 20;
const LINE_BREAK = 10;
const SEQ = Buffer.from(',"seq":');
/** Bytes of a line that say what it is. */
const START_LENGTH = 120;
/** Events that the same packets bring about again. */
const REPEATED = [
  /^[^\n]{0,60}"event_type":"(decision|flow)"/,
  /^[^\n]{0,60}"event_type":"breaker","breaker":\{"state":"tripped"/,
];

interface WrittenLine {
  readonly key: string;
  readonly position: LogPosition;
  readonly isRepeated: boolean;
  isTaken: boolean;
}

/**
 * The part of a log that a later start compares with: the lines after `position`, without those `taken`, by their hash.
 */
export interface LinesLeft {
  readonly position: LogPosition;
  readonly taken: readonly string[];
}

export class WrittenLines {
  /** `seq` of the last whole line; 0 if there is none. */
  lastSeq = 0;
  private readonly lines: WrittenLine[] = [];
  /** Lines before this one were taken or do not come again. */
  private first = 0;
  /** Lines that are left, by their hash; the next one to take comes last. */
  private readonly left = new Map<string, WrittenLine[]>();
  private repeatedLeft = 0;
  private readonly takenBefore: Map<string, number>;

  /** `taken`: hashes of lines that come no more, because they were made again before. */
  constructor(taken: readonly string[] = []) {
    this.takenBefore = new Map();
    for (const key of taken) this.takenBefore.set(key, (this.takenBefore.get(key) ?? 0) + 1);
  }

  /** Lines on disk that packets will make again, and have not so far. */
  get count(): number {
    return this.repeatedLeft;
  }

  /** Null if no line will be made again. */
  get linesLeft(): LinesLeft | null {
    const { lines } = this;
    while (this.first < lines.length && (lines[this.first]!.isTaken || !lines[this.first]!.isRepeated)) this.first++;
    const next = lines[this.first];
    if (next === undefined) return null;
    const taken = lines.slice(this.first).filter(({ isTaken }) => isTaken);
    return { position: next.position, taken: taken.map(({ key }) => key) };
  }

  /** Notes a whole line, with its line break, and where it begins. */
  note(line: Buffer, position: LogPosition): void {
    const at = line.lastIndexOf(SEQ);
    if (at < 0) return;
    this.lastSeq = Number.parseInt(line.toString('latin1', at + SEQ.length), 10) || this.lastSeq;
    const key = keyOf(line.subarray(0, at));
    const isRepeated = isMadeAgain(line.toString('latin1', 0, START_LENGTH));
    const before = this.takenBefore.get(key) ?? 0;
    const written = { key, position, isRepeated, isTaken: before > 0 };
    this.lines.push(written);
    if (before > 0) {
      this.takenBefore.set(key, before - 1);
      return;
    }
    const others = this.left.get(key);
    if (others === undefined) this.left.set(key, [written]);
    else others.unshift(written);
    if (isRepeated) this.repeatedLeft++;
  }

  /** Takes a line, without its number and end, if it is on disk; false if it must be written. */
  take(body: string): boolean {
    const key = keyOf(Buffer.from(body));
    const lines = this.left.get(key);
    const line = lines?.pop();
    if (line === undefined) return false;
    if (lines!.length === 0) this.left.delete(key);
    line.isTaken = true;
    if (line.isRepeated) this.repeatedLeft--;
    return true;
  }
}

/** True for an event that the same packets bring about again; `line` may lack its end. */
export function isMadeAgain(line: string): boolean {
  return REPEATED.some((form) => form.test(line));
}

/**
 * The lines of a log after a position: in the file that the position belongs to, in those rotated after it, and in the
 * current one. `isKnown`: that file was found. Rejects if a file cannot be read.
 */
export async function readWritten(
  path: string,
  { position, taken }: LinesLeft,
): Promise<{ lines: WrittenLines; isKnown: boolean }> {
  const files = [...(await movedFilesOf(path)).reverse(), path];
  const inodes = await Promise.all(files.map(async (name) => (await stat(name)).ino));
  const first = inodes.indexOf(position.inode);
  const lines = new WrittenLines(first < 0 ? [] : taken);
  // Without it only the current file is certain to have been written since.
  const from = first < 0 ? files.length - 1 : first;
  for (let place = from; place < files.length; place++)
    await readLines(files[place]!, inodes[place]!, place === first ? position.octets : 0, lines);
  return { lines, isKnown: first >= 0 };
}

async function readLines(path: string, inode: number, from: number, lines: WrittenLines): Promise<void> {
  const file = await open(path);
  try {
    // A file that was truncated since is read from its start.
    await readLinesFrom(file, inode, from > (await file.stat()).size ? 0 : from, lines);
  } finally {
    await file.close();
  }
}

async function readLinesFrom(file: FileHandle, inode: number, from: number, lines: WrittenLines): Promise<void> {
  const block = Buffer.alloc(BLOCK_LENGTH);
  let rest: Buffer = Buffer.alloc(0);
  for (let at = from; ;) {
    const { bytesRead } = await file.read(block, 0, BLOCK_LENGTH, at);
    if (bytesRead === 0) return;
    const bytes = Buffer.concat([rest, block.subarray(0, bytesRead)]);
    const startsAt = at - rest.length;
    let begin = 0;
    for (let end = bytes.indexOf(LINE_BREAK); end >= 0; end = bytes.indexOf(LINE_BREAK, begin)) {
      lines.note(bytes.subarray(begin, end + 1), { inode, octets: startsAt + begin });
      begin = end + 1;
    }
    rest = bytes.subarray(begin);
    at += bytesRead;
  }
}

function keyOf(body: Buffer): string {
  return hash('sha1', body, 'base64');
}
