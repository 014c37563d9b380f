/**
 * Reads the end of an event log that an earlier process left: the number of its last event, and the length of an
 * unfinished line.
 */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Bytes that are read from the end: more than the longest event. */
const TAIL_LENGTH = 1 << 20;
const LINE_BREAK = 10;
const EVENT_START = Buffer.from('{"timestamp":"');
const SEQ = /,"seq":(\d{1,15})\}\n$/;

/**
 * `seq` of the last whole event in a log. For an empty log it comes from the file that was rotated last (NAME.TIME,
 * NAME.1). 0 if there is none: an earlier version wrote no numbers.
 */
export async function lastEventOf(path: string): Promise<number> {
  if ((await stat(path)).size > 0) return lastSeqIn(path);
  const [moved] = await movedFilesOf(path);
  return moved === undefined ? 0 : lastSeqIn(moved);
}

/**
 * The bytes after the last line break, if they begin like an event of Sluice; else none, so that foreign text is never
 * cut.
 */
export async function tornEndOf(path: string): Promise<Buffer> {
  const tail = await readTail(path);
  const torn = tail.subarray(tail.lastIndexOf(LINE_BREAK) + 1);
  const compared = Math.min(torn.length, EVENT_START.length);
  return torn.compare(EVENT_START, 0, compared, 0, compared) === 0 ? torn : Buffer.alloc(0);
}

async function lastSeqIn(path: string): Promise<number> {
  const tail = await readTail(path);
  const end = tail.lastIndexOf(LINE_BREAK);
  const text = tail.subarray(tail.lastIndexOf(LINE_BREAK, end - 1) + 1, end + 1).toString('latin1');
  return Number(SEQ.exec(text)?.[1] ?? 0);
}

/**
 * The rotated files of a log, the newest first: same folder, same name and a suffix. Compressed files are skipped, as
 * their end cannot be read directly.
 */
export async function movedFilesOf(path: string): Promise<string[]> {
  const start = `${basename(path)}.`;
  const files: { readonly path: string; readonly timeMs: number }[] = [];
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(start) || !/^[\dTZ.-]+$/.test(name.slice(start.length))) continue;
    const moved = join(dirname(path), name);
    const found = await stat(moved).catch(() => null);
    if (found?.isFile() === true) files.push({ path: moved, timeMs: found.mtimeMs });
  }
  // Names with a time decide where two were moved in one tick of the clock.
  return files.sort((a, b) => b.timeMs - a.timeMs || (a.path < b.path ? 1 : -1)).map((file) => file.path);
}

async function readTail(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    return await readEnd(handle);
  } finally {
    await handle.close();
  }
}

async function readEnd(handle: FileHandle): Promise<Buffer> {
  const { size } = await handle.stat();
  const tail = Buffer.alloc(Math.min(size, TAIL_LENGTH));
  let length = 0;
  while (length < tail.length) {
    const { bytesRead } = await handle.read(tail, length, tail.length - length, size - tail.length + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return tail.subarray(0, length);
}
