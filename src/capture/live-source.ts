/**
 * A source of live packets: keeps a capturing process alive, reads the pcap that it writes, and adds up what the processes
 * count. A process that ends or is stuck is followed by another, and the time without one is counted.
 *
 * Contract: `start` rejects where capturing cannot begin at all; after that, trouble is counted and tried again until `stop`.
 */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_FAULT } from './capture-end.ts';
import { openLivePipe } from './live-pipe.ts';
import type { CaptureBackend, CaptureRequest, ProcessCounts } from './live-backend.ts';
import { type Capture, captureOf } from './open-capture.ts';
import type { PacketBatch } from './packet-batch.ts';
import type { CaptureEnd, PacketSource } from './packet-source.ts';
import { StreamInput } from './stream-input.ts';

/** A process that does not end when it is asked to is ended. */
const STOP_LIMIT_MS = 1500;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5000;
const COUNTS_MS = 2000;
/** Of standard error, what is kept to explain an end. */
const KEPT_ERROR_LENGTH = 4000;
/** IFF_UP of netdevice(7). */
const INTERFACE_UP = 1;

export interface LiveOptions extends CaptureRequest {
  /** No packet for so long while the interface counts some: the process is stuck. */
  readonly stuckMs: number;
}

/** Told of what happens to the capturing process, for a log. */
export type LiveListener = (event: 'started' | 'ended' | 'stuck', detail: string) => void;

export class LiveSource implements PacketSource {
  readonly name: string;
  readonly end: CaptureEnd = NO_FAULT;
  restartCount = 0;
  gapMs = 0;
  stallCount = 0;
  /** Null while a process captures; else why not. */
  private processProblem: string | null = 'not started';
  private readonly backend: CaptureBackend;
  private readonly options: LiveOptions;
  private readonly listener: LiveListener;
  private child: ChildProcess | null = null;
  private childEnded: Promise<void> = Promise.resolve();
  private capture: Capture | null = null;
  private errorText = '';
  private startedAtMs = 0;
  private endedAtMs = 0;
  /** Wait before the next process; grows while processes live shorter than the longest wait. */
  private retryMs = 0;
  /** Counts of processes that have ended, and of the one that runs. */
  private readonly droppedBefore: Record<string, number> = {};
  private counts: ProcessCounts = { captured: 0, dropped: {} };
  private timers: NodeJS.Timeout[] = [];
  private lastPacketMs = 0;
  private interfaceCountThen = 0;
  private readonly stopSignal = new AbortController();

  constructor(backend: CaptureBackend, options: LiveOptions, listener: LiveListener) {
    this.name = options.device;
    this.backend = backend;
    this.options = options;
    this.listener = listener;
  }

  /** Null while packets can come; else why not. A process outlives its interface's going down, and goes on when it is up again. */
  get problem(): string | null {
    return this.processProblem ?? (this.isDown() ? `${this.name} is down: sudo ip link set ${this.name} up` : null);
  }

  /** Packets lost by all processes so far, by who lost them. */
  get dropped(): Record<string, number> {
    const sums = { ...this.droppedBefore };
    for (const [by, count] of Object.entries(this.counts.dropped)) sums[by] = (sums[by] ?? 0) + count;
    return sums;
  }

  /** The process that captures now. */
  get processId(): number | undefined {
    return this.child?.pid;
  }

  /** Starts capturing; rejects with a sentence where that cannot be. */
  async start(): Promise<void> {
    if (!(await this.begin())) throw new Error(this.processProblem ?? '');
    this.timers = [
      setInterval(() => {
        if (this.child !== null) this.backend.askCounts(this.child);
      }, COUNTS_MS),
      setInterval(() => {
        this.watch();
      }, this.options.stuckMs),
    ];
    for (const timer of this.timers) timer.unref();
  }

  async read(batch: PacketBatch): Promise<boolean> {
    for (;;) {
      if (this.capture !== null && (await this.capture.read(batch))) {
        this.lastPacketMs = performance.now();
        return true;
      }
      await this.noteEnd();
      if (this.isStopping()) return false;
      if (!(await this.restart())) return false;
    }
  }

  /** Asks the process to end; what it has captured is still read. */
  stop(): void {
    if (this.isStopping()) return;
    this.stopSignal.abort();
    for (const timer of this.timers) clearInterval(timer);
    const { child } = this;
    child?.kill('SIGTERM');
    setTimeout(() => {
      child?.kill('SIGKILL');
      // Whoever inherited the pipe may hold it open.
      void this.capture?.close();
    }, STOP_LIMIT_MS).unref();
  }

  async close(): Promise<void> {
    this.stop();
    this.child?.kill('SIGKILL');
    await this.capture?.close();
  }

  private isStopping(): boolean {
    return this.stopSignal.signal.aborted;
  }

  /** Starts a process and waits until it captures; false, with the problem, where it ends before. */
  private async begin(): Promise<boolean> {
    const { backend, options } = this;
    const pipe = openLivePipe();
    const child = backend.spawn(options, pipe?.writing ?? 'pipe');
    pipe?.release();
    this.child = child;
    this.errorText = '';
    this.counts = { captured: 0, dropped: {} };
    this.childEnded = new Promise((resolve) => {
      child.on('error', (error) => {
        this.errorText += `${error.message}\n`;
        resolve();
      });
      child.on('close', () => {
        resolve();
      });
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.takeErrorText(text);
    });
    this.capture = captureOf(this.name, new StreamInput(pipe?.reading ?? child.stdout!));
    if (!(await this.capture.start())) {
      await this.capture.close();
      this.capture = null;
      child.kill('SIGKILL');
      await this.childEnded;
      this.child = null;
      this.processProblem = backend.explain(options, this.errorText);
      return false;
    }
    this.processProblem = null;
    this.startedAtMs = performance.now();
    this.lastPacketMs = this.startedAtMs;
    this.interfaceCountThen = this.interfaceCount();
    this.listener('started', `${backend.name} captures on ${options.device} as process ${child.pid ?? 0}`);
    return true;
  }

  /** The process has ended, or its output is no pcap any more: what it counted is added up. */
  private async noteEnd(): Promise<void> {
    if (this.child === null) return;
    this.endedAtMs = performance.now();
    if (this.endedAtMs - this.startedAtMs >= LONGEST_RETRY_MS) this.retryMs = 0;
    await this.capture?.close();
    this.capture = null;
    this.child.kill('SIGKILL');
    await this.childEnded;
    this.child = null;
    for (const [by, count] of Object.entries(this.dropped)) this.droppedBefore[by] = count;
    this.counts = { captured: 0, dropped: {} };
    this.processProblem = this.backend.explain(this.options, this.errorText);
    if (!this.isStopping()) this.listener('ended', this.processProblem);
  }

  /** Tries until a process captures again; false after `stop`. */
  private async restart(): Promise<boolean> {
    while (!this.isStopping()) {
      const waitMs = this.retryMs;
      this.retryMs = Math.min(Math.max(FIRST_RETRY_MS, waitMs * 2), LONGEST_RETRY_MS);
      await sleep(waitMs, undefined, { signal: this.stopSignal.signal }).catch(() => undefined);
      if (this.isStopping() || !(await this.begin())) continue;
      this.restartCount++;
      this.gapMs += performance.now() - this.endedAtMs;
      // A stop that came meanwhile has not seen this process.
      if (this.isStopping()) this.child?.kill('SIGTERM');
      return true;
    }
    return false;
  }

  private takeErrorText(text: string): void {
    this.errorText = (this.errorText + text).slice(-KEPT_ERROR_LENGTH);
    for (const line of text.split('\n')) {
      const counts = this.backend.countsIn(line);
      // The words of the end come line by line: what one does not say stays.
      if (counts !== null)
        this.counts = { captured: counts.captured, dropped: { ...this.counts.dropped, ...counts.dropped } };
    }
  }

  /** The watchdog. A filter may leave everything out, so silence means something only without one. */
  private watch(): void {
    const { stuckMs, filter } = this.options;
    const count = this.interfaceCount();
    const isCounting = count > this.interfaceCountThen;
    this.interfaceCountThen = count;
    if (filter !== '' || this.child === null || !isCounting) return;
    if (performance.now() - this.lastPacketMs < stuckMs) return;
    this.stallCount++;
    this.listener(
      'stuck',
      `no packet for ${stuckMs / 1000} s although ${this.name} has some; the process is started anew`,
    );
    this.child.kill('SIGKILL');
  }

  /** By the interface's flags, where the system shows them. */
  private isDown(): boolean {
    try {
      return (Number(readFileSync(`/sys/class/net/${this.name}/flags`, 'utf8')) & INTERFACE_UP) === 0;
    } catch {
      return false;
    }
  }

  private interfaceCount(): number {
    try {
      return Number(readFileSync(`/sys/class/net/${this.name}/statistics/rx_packets`, 'utf8'));
    } catch {
      return 0;
    }
  }
}
