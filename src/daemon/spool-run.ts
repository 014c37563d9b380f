/**
 * Packets from a spool folder. All files go through one pipeline in their order, so flows continue from one file to the
 * next. After each file the checkpoint is saved, once its events are on disk.
 */
import type { Server } from 'node:net';
import { realpath } from 'node:fs/promises';
import { type CaptureEnd, CaptureFault } from '../capture/packet-source.ts';
import { openCapture } from '../capture/format/open-capture.ts';
import type { BatchMemory } from '../capture/batch-memory.ts';
import type { ReadFile } from '../capture/spool/spool-checkpoint.ts';
import { type SpoolOptions, SpoolSource, type SpoolWork } from '../capture/spool/spool-source.ts';
import type { Log } from '../output/log/log.ts';
import type { LogPosition } from '../output/log/rotating-file.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import type { RunOutputs } from './outputs.ts';
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
import type { StateFile } from './state-file.ts';
import { SpoolState } from './spool-state.ts';
import { lockState } from './path-lock.ts';

/** Time for a stop to finish the current file; after it the file is left for the next start. */
const FINISH_FILE_MS = 2500;
const FLUSH_MS = 1000;

export interface RunSpoolOptions extends SpoolOptions {
  /** Folder of the checkpoint. */
  readonly stateFolder: string;
  readonly memory: BatchMemory;
}

export class RunSpool implements RunSource, SourceCheckpoint {
  readonly kind = 'spool';
  readonly backend = 'file';
  readonly checkpoint = this;
  readonly stateFile: StateFile;
  isFileUnfinished = false;
  private readonly spool: SpoolSource;
  private readonly options: RunSpoolOptions;
  private readonly outputs: RunOutputs;
  private readonly files: PacketFiles;
  private readonly log: Log;
  private readonly watchdog: RunWatchdog;
  private lock: Server | null = null;
  private wantsReopen = false;
  private packets = 0;
  private faultyCount = 0;
  private stopBy = Infinity;

  constructor(options: RunSpoolOptions, outputs: RunOutputs, files: PacketFiles, log: Log, watchdog: RunWatchdog) {
    this.options = options;
    const state = new SpoolState(options.stateFolder, log);
    this.stateFile = state.file;
    this.spool = new SpoolSource(options, state);
    this.outputs = outputs;
    this.files = files;
    this.log = log;
    this.watchdog = watchdog;
  }

  get problem(): string | null {
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
      this.lock = await lockState(await realpath(this.options.stateFolder));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(`cannot use the spool ${this.options.folder}: ${reason}`, ExitCode.WRONG_USAGE);
    }
    this.watchdog.start();
  }

  async run(take: TakeBatch, _endCapture: () => Promise<void>, files: FileListener): Promise<string> {
    for (let work = await this.spool.next(); work !== null; work = await this.spool.next()) {
      const end = await this.read(work, take, files);
      if (end === null) {
        this.isFileUnfinished = true;
        break;
      }
      await files.end();
      if (!(await this.commit(end, end.isWhole))) {
        this.isFileUnfinished = true;
        break;
      }
      await this.moveLogs();
      if (this.stopBy !== Infinity) break;
    }
    return '';
  }

  stop(): void {
    this.stopBy = performance.now() + FINISH_FILE_MS;
    this.spool.end();
  }

  logPosition(path: string): LogPosition | undefined {
    return this.spool.checkpoint.logAt(path);
  }

  async save(): Promise<void> {
    await this.commit(null);
  }

  requestReopen(): void {
    this.wantsReopen = true;
  }

  /**
   * Saves the positions of the logs, and the file that was read, if any. False if the daemon stops before the logs take
   * everything: the next start begins from the positions saved before.
   */
  private async commit(read: ReadFile | null, wasReadWhole = false): Promise<boolean> {
    const positions = await this.outputs.positions(FLUSH_MS, () => performance.now() < this.stopBy);
    if (positions === null) return false;
    await this.spool.commit(read, positions, wasReadWhole);
    return true;
  }

  /** Between two files: reopens or rotates the logs if needed, and saves their new positions. */
  private async moveLogs(): Promise<void> {
    const wanted = this.wantsReopen;
    this.wantsReopen = false;
    if (wanted) await this.outputs.reopen();
    if ((await this.outputs.rotateIfDue()) || wanted) await this.commit(null);
  }

  close(): void {
    this.watchdog.stop();
    this.lock?.close();
  }

  /** Reads a file to its end; null if a stop did not allow that. */
  private async read(work: SpoolWork, take: TakeBatch, files: FileListener): Promise<FileEnd | null> {
    const { file, processedPackets } = work;
    const path = this.spool.pathOf(file);
    const { memory } = this.options;
    const capture = openCapture(path, { memory: memory.records });
    this.files.begin(path, this.packets - processedPackets);
    let packets = 0;
    let hasBegun = false;
    try {
      this.watchdog.waits();
      for (let batch = await memory.nextBatch(); await capture.read(batch); batch = await memory.nextBatch()) {
        this.watchdog.moves();
        const processed = Math.min(Math.max(processedPackets - packets, 0), batch.count);
        packets += batch.count;
        if (processed > 0) batch.dropFirst(processed);
        this.packets += batch.count;
        if (batch.count > 0) {
          if (!hasBegun) files.begin(`${file.name} ${file.inode} ${processedPackets} ${batch.timeUs[0]!}`);
          hasBegun = true;
          await take(batch);
        }
        if (performance.now() > this.stopBy) return null;
        this.watchdog.waits();
      }
    } finally {
      this.watchdog.moves();
      await capture.close();
    }
    return this.endOf(work, packets, capture.end);
  }

  /** The checkpoint's entry for a file that was read to its end or to a fault. */
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
