/**
 * Keeps the chain of a log: an entry for each segment that was closed, for each that expired, and for each action of a
 * person. Works beside the log: a log never waits for its chain. A segment that a killed process left without its entry
 * gets it at the next start.
 */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PublicKey } from '../../../rules/signing-key.ts';
import { isSegmentOf } from '../segment-name.ts';
import type { ChainEntry, ChainFact, ChainSensor } from './chain-entry.ts';
import { CHAIN_SUFFIX, ChainFile, type ChainHead } from './chain-file.ts';
import { readSegment } from './segment-facts.ts';

/** Actions that wait for an entry while the chain cannot be written; more are counted as failures. */
const MOST_WAITING = 1000;

export interface ChainOptions {
  readonly key: PublicKey;
  readonly sensor: ChainSensor;
  /** The number of closed segments to keep. */
  readonly kept: number;
  /** Whether a closed segment may be removed; it may by default. */
  readonly mayRemove?: (file: string) => boolean;
}

export class SegmentChain {
  /** Entries written by this process, and failed attempts. */
  entryCount = 0;
  failureCount = 0;
  /** Message of the last failure; empty if none has failed. */
  problem = '';
  private readonly log: string;
  private readonly options: ChainOptions;
  private readonly file: ChainFile;
  /** SHA-256 of each segment with an entry that has not expired, oldest first. */
  private readonly segments = new Map<string, string>();
  /** Expired segments that are still there: a process was killed before it removed them, or may not. */
  private readonly leftOver = new Set<string>();
  private readonly waiting: ChainFact[] = [];
  private work: Promise<void> = Promise.resolve();
  private isQueued = false;

  /** `log`: the path of the log. */
  constructor(log: string, options: ChainOptions) {
    this.log = log;
    this.options = options;
    this.file = new ChainFile(log + CHAIN_SUFFIX, options.key, options.sensor);
  }

  get path(): string {
    return this.file.path;
  }

  get head(): ChainHead {
    return this.file.head;
  }

  /** Reads the chain and adds segments that have no entry. Returns where a broken chain was set aside, or null. */
  async start(): Promise<string | null> {
    const aside = await this.file.start((entry) => {
      this.note(entry);
    });
    if (aside !== null) this.segments.clear();
    const present = new Set(await segmentsOf(this.log));
    for (const file of this.leftOver) if (!present.has(file)) this.leftOver.delete(file);
    this.update();
    await this.work;
    return aside;
  }

  /** To be called after a segment was closed. */
  update(): void {
    if (this.isQueued) return;
    this.isQueued = true;
    this.work = this.work.then(async () => {
      this.isQueued = false;
      try {
        await this.writeWaiting();
        await this.addSegments();
        await this.expireSegments();
      } catch (error) {
        this.failureCount++;
        this.problem = error instanceof Error ? error.message : String(error);
      }
    });
  }

  /** Adds an action of a person: the event's line, with or without a line break. */
  act(line: string): void {
    if (this.waiting.length < MOST_WAITING)
      this.waiting.push({ kind: 'action', action: JSON.parse(line) as Record<string, unknown> });
    else this.failureCount++;
    this.update();
  }

  /** Writes what waits, then closes the file. */
  async close(): Promise<void> {
    if (this.waiting.length > 0) this.update();
    await this.work;
    await this.file.close();
  }

  private note(entry: ChainEntry): void {
    if (entry.kind === 'segment') this.segments.set(entry.segment.file, entry.segment.sha256);
    if (entry.kind === 'expired') this.expired(entry.expired.file);
  }

  private expired(file: string): void {
    this.segments.delete(file);
    this.leftOver.add(file);
  }

  private async append(fact: ChainFact): Promise<void> {
    await this.file.append(fact);
    this.entryCount++;
  }

  private async writeWaiting(): Promise<void> {
    for (let fact = this.waiting[0]; fact !== undefined; fact = this.waiting[0]) {
      await this.append(fact);
      this.waiting.shift();
    }
  }

  private async addSegments(): Promise<void> {
    for (const file of await segmentsOf(this.log)) {
      if (this.segments.has(file) || this.leftOver.has(file)) continue;
      const { facts } = await readSegment(join(dirname(this.log), file), { isSynced: true });
      await this.append({ kind: 'segment', segment: facts });
      this.segments.set(file, facts.sha256);
    }
  }

  /** The entry comes first: a segment that is missing without one was removed by other means. */
  private async expireSegments(): Promise<void> {
    for (const file of this.leftOver) await this.remove(file);
    const present = new Set(await segmentsOf(this.log));
    const kept = [...this.segments].filter(([file]) => present.has(file));
    for (const [file, sha256] of kept.slice(0, Math.max(0, kept.length - this.options.kept))) {
      if (this.options.mayRemove?.(file) === false) return;
      await this.append({ kind: 'expired', expired: { file, sha256 } });
      this.expired(file);
      await this.remove(file);
    }
  }

  private async remove(file: string): Promise<void> {
    await rm(join(dirname(this.log), file), { force: true });
    this.leftOver.delete(file);
  }
}

/** Names of a log's closed segments, oldest first. */
export async function segmentsOf(log: string): Promise<string[]> {
  return (await readdir(dirname(log))).filter((name) => isSegmentOf(basename(log), name)).sort();
}
