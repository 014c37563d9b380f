/**
 * Packets from a spool folder. Files go through one pipeline in their order, so flows go on from one to the next; after each
 * the checkpoint is written, once everything that came of it is on disk.
 */
import { createServer, type Server } from 'node:net';
import { hash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { CaptureFault } from '../capture/packet-source.ts';
import { openCapture } from '../capture/open-capture.ts';
import { PacketBatch } from '../capture/packet-batch.ts';
import { type SpoolOptions, SpoolSource } from '../capture/spool-source.ts';
import type { SpoolFile } from '../capture/spool-folder.ts';
import type { Log } from '../server/log.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import type { RecentFiles } from './recent-files.ts';
import type { RunOutputs } from './run-outputs.ts';
import { NO_COUNTS, type RunSource, type SourceCounts, type TakeBatch } from './run-source.ts';
import type { RunWatchdog } from './run-watchdog.ts';

/** How long a stop waits for the end of the file in hand; beyond it the file is left for the next start. */
const FINISH_FILE_MS = 2500;
const FLUSH_MS = 1000;

export class RunSpool implements RunSource {
  readonly kind = 'spool';
  readonly backend = 'file';
  /** The file in hand was left unfinished: what came of it is not to be kept. */
  abandoned = false;
  readonly spool: SpoolSource;
  private readonly options: SpoolOptions;
  private readonly outputs: RunOutputs;
  private readonly files: RecentFiles;
  private readonly log: Log;
  private readonly watchdog: RunWatchdog;
  private lock: Server | null = null;
  /** The logs are to be opened anew, once the file in hand is done: the checkpoint names places in them. */
  wantsReopen = false;
  private packets = 0;
  private faultyCount = 0;
  private stopBy = Infinity;

  constructor(options: SpoolOptions, outputs: RunOutputs, files: RecentFiles, log: Log, watchdog: RunWatchdog) {
    this.options = options;
    this.spool = new SpoolSource(options);
    this.outputs = outputs;
    this.files = files;
    this.log = log;
    this.watchdog = watchdog;
  }

  get problem(): string | null {
    return this.spool.problem ?? this.watchdog.problem;
  }

  get counts(): SourceCounts {
    const { doneCount, waitingCount, grownCount, failureCount } = this.spool;
    const files = { done: doneCount, waiting: waitingCount, grown: grownCount, faulty: this.faultyCount };
    return { ...NO_COUNTS, stalls: this.watchdog.stallCount, files: { ...files, unlistable: failureCount } };
  }

  async start(): Promise<void> {
    try {
      await this.spool.start();
      this.lock = await lockFolder(await realpath(this.options.stateFolder));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(`cannot use the spool ${this.options.folder}: ${reason}`, ExitCode.WRONG_USAGE);
    }
    this.watchdog.start();
  }

  async run(take: TakeBatch): Promise<string> {
    const batch = new PacketBatch();
    for (let file = await this.spool.next(); file !== null; file = await this.spool.next()) {
      if (!(await this.read(file, batch, take))) {
        this.abandoned = true;
        break;
      }
      await this.commit(file);
      await this.moveLogs();
      if (this.stopBy !== Infinity) break;
    }
    return '';
  }

  stop(): void {
    this.stopBy = performance.now() + FINISH_FILE_MS;
    this.spool.end();
  }

  /** Notes what is on disk now: after a file, and after the last events of all. */
  async commit(file: SpoolFile | null): Promise<void> {
    await this.spool.commit(file, await this.outputs.positions(FLUSH_MS));
  }

  /** Between two files: what another program or their size asks of the logs. The checkpoint then names the new ones. */
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

  /** Reads a file to its end; false where a stop came in between and would take too long. */
  private async read(file: SpoolFile, batch: PacketBatch, take: TakeBatch): Promise<boolean> {
    const path = this.spool.pathOf(file);
    const capture = openCapture(path);
    this.files.begin(path, this.packets);
    try {
      this.watchdog.waits();
      while (await capture.read(batch)) {
        this.watchdog.moves();
        this.packets += batch.count;
        await take(batch);
        if (performance.now() > this.stopBy) return false;
        this.watchdog.waits();
      }
    } finally {
      this.watchdog.moves();
      await capture.close();
    }
    const { fault, message } = capture.end;
    if (fault !== CaptureFault.NONE) {
      this.faultyCount++;
      this.log.warn({ file: path, problem: message }, 'a file of the spool could not be read to its end');
    }
    return true;
  }
}

/** Two daemons on one spool would process files twice: a name that the system gives back with the process, however it ends. */
function lockFolder(folder: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`another sluice uses the state in ${folder}`) : error);
    });
    server.listen({ path: `\0sluice-${hash('sha1', folder, 'hex')}` }, () => {
      server.unref();
      resolve(server);
    });
  });
}
