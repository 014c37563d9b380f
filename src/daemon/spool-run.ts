/**
 * Packets from a spool folder. All files go through one pipeline in their order, so flows continue from one file to the
 * next. Its place in checkpoints is a file and the packets of it that were taken: a restart reads that file from its
 * start, also a compressed one, and passes over them.
 */
import type { Server } from 'node:net';
import { mkdirSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { type CaptureEnd, CaptureFault } from '../capture/packet-source.ts';
import { openCapture } from '../capture/format/open-capture.ts';
import type { BatchMemory } from '../capture/batch-memory.ts';
import type { DoneFile, ReadFile } from '../capture/spool/spool-checkpoint.ts';
import type { SpoolFile } from '../capture/spool/spool-folder.ts';
import { type SpoolOptions, SpoolSource, type SpoolWork } from '../capture/spool/spool-source.ts';
import type { CodedProblem } from '../core/coded-problem.ts';
import type { Log } from '../output/log/log.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import {
  type FileListener,
  NO_COUNTS,
  type NO_FILES,
  type RunSource,
  type SourceCheckpoint,
  type SourceCounts,
  type TakeBatch,
} from './source-run.ts';
import type { RunWatchdog } from './watchdog.ts';
import { OlderSpoolState } from './spool-state.ts';
import { lockState } from './path-lock.ts';

/** The place of a spool in a checkpoint. */
interface SpoolState {
  readonly done: readonly DoneFile[];
  /** The file that is being read, and the packets of it that were taken; null between two files. */
  readonly reading: { readonly file: SpoolFile; readonly packets: number; readonly firstPacket: number } | null;
  /** Packets of the files before. */
  readonly packets: number;
  /** Files that may be deleted now. */
  readonly removable: readonly SpoolFile[];
  /** Files read, grown, left and faulty. */
  readonly counts: readonly number[];
}

export interface RunSpoolOptions extends SpoolOptions {
  /** Folder of state. */
  readonly stateFolder: string;
  readonly memory: BatchMemory;
}

export class RunSpool implements RunSource, SourceCheckpoint {
  readonly kind = 'spool';
  readonly backend = 'file';
  readonly checkpoint = this;
  readonly isRepeated = true;
  private readonly spool: SpoolSource;
  private readonly options: RunSpoolOptions;
  private readonly files: PacketFiles;
  private readonly log: Log;
  private readonly watchdog: RunWatchdog;
  private readonly older: OlderSpoolState;
  private lock: Server | null = null;
  private packets = 0;
  private faultyCount = 0;
  private isStopping = false;
  /** The file that is being read, and the packets of it that were taken. */
  private reading: SpoolState['reading'] = null;
  /** The file that a checkpoint was made in, until it is read on. */
  private resumed: SpoolState['reading'] = null;
  private hasFlows = false;
  /** Files that are deleted once a checkpoint has them as read. */
  private removable: readonly SpoolFile[] = [];

  constructor(options: RunSpoolOptions, files: PacketFiles, log: Log, watchdog: RunWatchdog) {
    this.options = options;
    this.older = new OlderSpoolState(options.stateFolder, log);
    this.spool = new SpoolSource(options);
    this.files = files;
    this.log = log;
    this.watchdog = watchdog;
  }

  get problem(): CodedProblem | null {
    return this.spool.problem ?? this.watchdog.problem;
  }

  get counts(): SourceCounts {
    const { doneCount, waitingCount, grownCount, leftCount, failureCount } = this.spool;
    const files: Record<keyof typeof NO_FILES, number> = {
      done: doneCount,
      waiting: waitingCount,
      grown: grownCount,
      'grown-unread': leftCount,
      faulty: this.faultyCount,
      unlistable: failureCount,
    };
    return { ...NO_COUNTS, stalls: this.watchdog.stallCount, files };
  }

  async start(): Promise<void> {
    try {
      await this.spool.start();
      mkdirSync(this.options.stateFolder, { recursive: true, mode: 0o700 });
      this.lock = await lockState(await realpath(this.options.stateFolder));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(`cannot use the spool ${this.options.folder}: ${reason}`, ExitCode.WRONG_USAGE);
    }
    this.spool.checkpoint.load(this.older.load() ?? []);
    this.watchdog.start();
  }

  get state(): SpoolState {
    const { doneCount, grownCount, leftCount } = this.spool;
    return {
      done: this.spool.checkpoint.files,
      reading: this.reading ?? this.resumed,
      packets: this.packets,
      removable: this.removable,
      counts: [doneCount, grownCount, leftCount, this.faultyCount],
    };
  }

  resume(state: unknown, hasFlows: boolean): void {
    const { done, reading, packets, removable, counts } = state as SpoolState;
    const { spool } = this;
    // An earlier version has run since: its files are known too.
    spool.checkpoint.load([...done, ...spool.checkpoint.files]);
    this.resumed = reading;
    this.hasFlows = hasFlows;
    this.packets = hasFlows ? packets : 0;
    this.removable = removable;
    const [doneCount = 0, grownCount = 0, leftCount = 0, faultyCount = 0] = counts;
    spool.doneCount = doneCount;
    spool.grownCount = grownCount;
    spool.leftCount = leftCount;
    this.faultyCount = faultyCount;
  }

  async saved(state: unknown): Promise<void> {
    const { removable } = state as SpoolState;
    this.removable = this.removable.filter(
      (file) => !removable.some(({ name, inode }) => name === file.name && inode === file.inode),
    );
    this.older.remove();
    await Promise.all(removable.map((file) => this.spool.remove(file)));
  }

  async run(take: TakeBatch, _endCapture: () => Promise<void>, files: FileListener): Promise<string> {
    for (let work = await this.spool.next(); work !== null; work = await this.spool.next()) {
      const end = await this.read(work, take, files);
      if (end === null) break;
      await files.end();
      await this.spool.note(end);
      if (end.isWhole) this.removable = [...this.removable, end.file];
      this.reading = null;
    }
    return '';
  }

  stop(): void {
    this.isStopping = true;
    this.spool.end();
  }

  close(): void {
    this.watchdog.stop();
    this.lock?.close();
  }

  /** Reads a file to its end; null if it was stopped before. */
  private async read(work: SpoolWork, take: TakeBatch, files: FileListener): Promise<FileEnd | null> {
    const { file } = work;
    const resumed = this.resumedIn(file);
    const processedPackets = resumed?.packets ?? work.processedPackets;
    const path = this.spool.pathOf(file);
    const { memory } = this.options;
    const capture = openCapture(path, { memory: memory.records });
    const firstPacket = resumed?.firstPacket ?? work.processedPackets;
    // The list of files has it already.
    if (resumed === null || !this.hasFlows) this.files.begin(path, this.packets - processedPackets);
    let packets = 0;
    let hasBegun = resumed !== null && this.hasFlows;
    this.reading = { file, packets: processedPackets, firstPacket };
    this.resumed = null;
    try {
      this.watchdog.waits();
      for (let batch = await memory.nextBatch(); await capture.read(batch); batch = await memory.nextBatch()) {
        this.watchdog.moves();
        const processed = Math.min(Math.max(processedPackets - packets, 0), batch.count);
        packets += batch.count;
        if (processed > 0) batch.dropFirst(processed);
        this.packets += batch.count;
        if (batch.count > 0) {
          if (!hasBegun) files.begin(`${file.name} ${file.inode} ${firstPacket} ${batch.timeUs[0]!}`);
          hasBegun = true;
          // A checkpoint is copied at the end of `take`.
          this.reading = { file, packets, firstPacket };
          await take(batch);
        }
        if (this.isStopping) return null;
        this.watchdog.waits();
      }
    } finally {
      this.watchdog.moves();
      await capture.close();
    }
    return this.endOf(work, packets, capture.end);
  }

  /** Where a restart goes on in this file; null if it is another one, or has been replaced. */
  private resumedIn(file: SpoolFile): SpoolState['reading'] {
    const { resumed } = this;
    const isSame = resumed !== null && resumed.file.name === file.name && resumed.file.inode === file.inode;
    return isSame && file.size >= resumed.file.size ? resumed : null;
  }

  /** The entry for a file that was read to its end or to a fault. */
  private async endOf({ file }: SpoolWork, packets: number, { fault, message }: CaptureEnd): Promise<FileEnd> {
    const isCut = CUTS.has(fault);
    const isWhole = fault === CaptureFault.NONE;
    const grows = await this.spool.hasChanged(file);
    if (!isWhole && !(isCut && grows)) {
      this.faultyCount++;
      const kept = this.options.removesDone ? ', and is kept' : '';
      this.log.warn(
        { file: this.spool.pathOf(file), problem: message },
        `a file of the spool could not be read to its end${kept}`,
      );
    }
    return { file, packets: isWhole || isCut ? packets : null, isWhole: isWhole && !grows };
  }
}

interface FileEnd extends ReadFile {
  /** All of it was read, and it has not changed since. */
  readonly isWhole: boolean;
}

/** Faults that are no faults once more data is written. */
const CUTS: ReadonlySet<CaptureFault> = new Set([
  CaptureFault.CUT_HEADER,
  CaptureFault.CUT_PACKET,
  CaptureFault.CUT_BLOCK,
  CaptureFault.CUT_COMPRESSION,
]);
