/**
 * An event log that numbers its lines (`seq`): 1, 2, 3, … Dropped lines have a number too, so a gap in the numbers is
 * the loss. A log in a file continues its numbers after a restart.
 *
 * After a restart from a checkpoint, the events after it come again: those that are on disk are not written again, and
 * a line that a kill has torn is completed.
 */
import { type EventOrigin, NO_ORIGIN, originText } from '../event/event-origin.ts';
import { lastEventOf } from './log-tail.ts';
import type { LogPosition, RotatingFile } from './rotating-file.ts';
import type { LineQueue } from './line-queue.ts';
import { TornLine } from './torn-line.ts';
import { readWritten, type WrittenLines } from './written-lines.ts';

const END_OF_LINE = '}\n'.length;
const NUMBER = /,"seq":\d+\}$/;
const NOWHERE: LogPosition = { inode: -1, octets: 0 };

/** A log at a checkpoint. */
export interface LogState {
  readonly nextSeq: number;
  /** After it are the lines that a restart finds on disk; null if it is no regular file. */
  readonly position: LogPosition | null;
  /** Hashes of lines after the position that come no more. */
  readonly taken: readonly string[];
  /** Lines that were not written yet. */
  readonly waiting: string;
  /** Lines and bytes written, lines dropped, failed writes, rotations. */
  readonly counts: readonly [number, number, number, number, number];
}

export class EventLog {
  /** The log's name in metrics. */
  readonly name: string;
  readonly lines: LineQueue;
  /** Null if the log is no regular file. */
  readonly file: RotatingFile | null;
  private readonly origin: string;
  private nextSeq = 1;
  /** Lines on disk that are made again after a restart; null once there are none. */
  private written: WrittenLines | null = null;
  /** The end of the file that is no whole line; null for none. */
  private torn: TornLine | null = null;
  /** Events that were made again, and found on disk. */
  repeatedCount = 0;

  /** `origin`: the fields that end each line before its number. */
  constructor(name: string, lines: LineQueue, file: RotatingFile | null, origin: EventOrigin = NO_ORIGIN) {
    this.origin = originText(origin);
    this.name = name;
    this.lines = lines;
    this.file = file;
  }

  /**
   * Continues the numbers of an existing file, and goes on from a checkpoint, null for none: lines that waited then are
   * written, unless they are on disk, and so are those that come again, if `isRepeated`. False if the file is another
   * one than then. Rejects if it cannot be read.
   */
  async start(state: LogState | null = null, isRepeated = false): Promise<boolean> {
    const { file } = this;
    await file?.start();
    if (file !== null) this.nextSeq = (await lastEventOf(file.name)) + 1;
    if (state === null) {
      file?.cutTorn();
      return true;
    }
    this.takeCounts(state);
    if (state.position !== null) file?.held.checkpoint(state.position.inode);
    let isKnown = true;
    if (file === null) this.nextSeq = state.nextSeq - state.waiting.split('\n').length + 1;
    else {
      const found = await readWritten(file.name, { position: state.position ?? NOWHERE, taken: state.taken });
      isKnown = found.isKnown;
      this.written = found.lines;
      if (found.lines.lastSeq > 0) this.nextSeq = found.lines.lastSeq + 1;
      if (!isRepeated) file.cutTorn();
      else if (file.torn.length > 0) this.torn = new TornLine(file);
    }
    for (const line of state.waiting.split('\n')) if (line !== '') this.writeBody(line.replace(NUMBER, ''));
    if (!isRepeated) this.written = null;
    return isKnown;
  }

  private takeCounts({ counts }: LogState): void {
    const { lines } = this;
    [lines.lineCount, lines.byteCount, lines.droppedCount, lines.failureCount, lines.rotationCount] = counts;
  }

  /** The log as a checkpoint saves it. */
  get state(): LogState {
    const { lines, file, nextSeq, torn } = this;
    const left = this.written?.linesLeft ?? null;
    return {
      nextSeq,
      position: left?.position ?? file?.position ?? null,
      taken: left?.taken ?? [],
      waiting: lines.waitingText + (torn?.waiting ?? []).map((body) => `${body}\n`).join(''),
      counts: [lines.lineCount, lines.byteCount, lines.droppedCount, lines.failureCount, lines.rotationCount],
    };
  }

  /** Lines on disk that were not made again so far. */
  get expectedCount(): number {
    return this.written?.count ?? 0;
  }

  /** `line` is a JSON object with at least one field, and a line break. */
  write(line: string): void {
    if (this.written?.count === 0) this.written = null;
    const body = `${line.slice(0, -END_OF_LINE)}${this.origin}`;
    if (this.written === null && this.torn === null) this.lines.write(this.numbered(body));
    else this.writeBody(body);
  }

  /** Gives up an unfinished line at the end of the file: it is made again as a whole, if at all. */
  settleTorn(): void {
    const { torn } = this;
    if (torn === null) return;
    this.torn = null;
    torn.cut();
    for (const body of torn.waiting) this.lines.write(this.numbered(body));
  }

  async settle(): Promise<void> {
    if (this.torn?.isOverdue === true) this.settleTorn();
    await this.lines.settle();
  }

  /** Counts and numbers a line that is dropped. */
  leaveOut(): void {
    this.nextSeq++;
    this.lines.leaveOut();
  }

  /** Writes a line, given without its number and end, unless it is on disk. */
  private writeBody(body: string): void {
    if (this.written?.take(body) === true) {
      this.repeatedCount++;
      return;
    }
    const { torn } = this;
    if (torn?.complete(`${body},"seq":${this.nextSeq}}\n`) === true) {
      this.nextSeq++;
      this.lines.lineCount++;
      // Nothing is left to cut: the lines that waited follow.
      this.settleTorn();
      return;
    }
    if (torn?.holds(body) === true) return;
    this.settleTorn();
    this.lines.write(this.numbered(body));
  }

  private numbered(body: string): string {
    return `${body},"seq":${this.nextSeq++}}\n`;
  }
}
