/**
 * The clock of a daemon's source: decides which packet times are plausible (pipeline/live-time). Packets from an
 * interface, or from a pipe that begins near the wall-clock time, may be a minute apart in addition to the time waited;
 * packets from files, or from a pipe with older packets, a day. Captures that have nothing to do with each other keep
 * their times: each has a clock of its own.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';
import { LiveTime } from '../pipeline/live-time.ts';
import type { Log } from '../output/log/log.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import type { RunSource } from './source-run.ts';
import type { Snapshot } from '../core/snapshot.ts';

const LIVE_BOUND_US = 60_000_000;
const FILE_BOUND_US = 86_400_000_000;
/** A pipe is live if its first packet is within this time of the wall clock. */
const LIVE_PIPE_US = 3_600_000_000;
const MICROS_PER_MILLISECOND = 1000;
const MICROS_PER_SECOND = 1e6;

export class RunClock {
  private readonly kind: RunSource['kind'];
  private readonly files: PacketFiles;
  private readonly log: Log;
  private readonly onClockSet: (byUs: number) => void;
  private time: LiveTime | null = null;
  /** Packets come as they are captured: from an interface, or from a pipe that began near the wall-clock time. */
  isLive = false;
  private file = '';
  private lastMs = 0;

  /** `onClockSet`: packet times are greater by this from now on. */
  constructor(kind: RunSource['kind'], files: PacketFiles, log: Log, onClockSet: (byUs: number) => void) {
    this.kind = kind;
    this.files = files;
    this.log = log;
    this.onClockSet = onClockSet;
  }

  /** Packets with an implausible time. */
  get jumpCount(): number {
    return this.time?.jumpCount ?? 0;
  }

  /** Times that the packet clock was set. */
  get clockSetCount(): number {
    return this.time?.clockSetCount ?? 0;
  }

  /** Corrects implausible times in a batch. */
  settle(batch: PacketBatch): void {
    if (batch.count === 0 || this.kind === 'captures') return;
    const time = (this.time ??= this.open(batch.timeUs[0]!));
    const nowMs = performance.now();
    // For a spool's files, the output must be the same in every run.
    const elapsedUs = this.kind === 'spool' ? 0 : (nowMs - this.lastMs) * MICROS_PER_MILLISECOND;
    this.lastMs = nowMs;
    if (this.kind === 'spool' && this.files.current !== this.file) time.begin();
    this.file = this.files.current;
    time.settle(batch, elapsedUs);
  }

  /** Copies its state, or puts a copy back. The clock of a live source begins again at a restart. */
  snapshot(walk: Snapshot): void {
    walk.part('clock');
    const isKept = walk.data(this.kind === 'spool' && this.time !== null);
    if (!isKept) return;
    this.time ??= this.open(0);
    this.file = walk.data(this.file);
    this.time.snapshot(walk);
  }

  private open(firstUs: number): LiveTime {
    const { kind, log } = this;
    const isNow = Math.abs(firstUs - Date.now() * MICROS_PER_MILLISECOND) <= LIVE_PIPE_US;
    this.lastMs = performance.now();
    this.isLive = kind === 'interface' || (kind === 'pipe' && isNow);
    return new LiveTime(this.isLive ? LIVE_BOUND_US : FILE_BOUND_US, {
      onJump: (byUs) => {
        log.warn({ seconds: byUs / MICROS_PER_SECOND }, 'the time of a packet is off and was not followed');
      },
      onClockSet: (byUs) => {
        log.warn({ seconds: byUs / MICROS_PER_SECOND }, 'a clock was set: packet times go on from another base');
        this.onClockSet(byUs);
      },
    });
  }
}
