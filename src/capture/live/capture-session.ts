/**
 * One reader of `sluice capture`, with its own capture, which begins when the reader requests it and ends when the
 * reader disconnects.
 */
import type { Socket } from 'node:net';
import type { CaptureLink } from './live-link.ts';
import { BEGIN, FINISH, frameHeader, FrameType, helloFrame, textFrame } from './socket-frames.ts';

const COUNTS_MS = 1000;
/** A capture that has not ended after this time is killed. */
const FINISH_LIMIT_MS = 1500;
/** Time for the reader to receive packets captured before the end; the rest is lost. */
const CLOSE_LIMIT_MS = 3000;
/** A connection without a request is closed after this time. */
const SILENT_LIMIT_MS = 5000;

/** A capture whose process is known. */
export interface ServedCapture extends CaptureLink {
  readonly processId: number;
}

export interface SessionHost {
  readonly device: string;
  /** Starts a capture for this session; returns a message if it is refused. */
  begin(session: CaptureSession): ServedCapture | string;
  /** Called when the session is over. */
  left(session: CaptureSession, problem: string): void;
}

export class CaptureSession {
  private readonly socket: Socket;
  private readonly host: SessionHost;
  private link: ServedCapture | null = null;
  private sentCounts = '';
  private isFinishing = false;
  private problem = '';
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(socket: Socket, host: SessionHost) {
    this.socket = socket;
    this.host = host;
    this.after(SILENT_LIMIT_MS, () => {
      if (this.link === null) socket.destroy();
    });
    socket.on('data', (bytes) => {
      this.takeBytes(bytes);
    });
    // A reader that disconnects without FINISH receives nothing more.
    socket.on('end', () => {
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.leave();
    });
  }

  /** Asks the capture to end; packets captured before are still passed on. */
  finish(): void {
    if (this.isFinishing) return;
    this.isFinishing = true;
    this.link?.finish();
    this.after(FINISH_LIMIT_MS, () => this.link?.kill());
    this.after(CLOSE_LIMIT_MS, () => this.socket.destroy());
    if (this.link === null) this.socket.destroy();
  }

  private takeBytes(bytes: Buffer): void {
    for (const byte of bytes) {
      if (byte === BEGIN && this.link === null) this.begin();
      else if (byte === FINISH && this.link !== null) this.finish();
      else this.socket.destroy();
      if (this.socket.destroyed) return;
    }
  }

  private begin(): void {
    const link = this.host.begin(this);
    if (typeof link === 'string') {
      this.socket.end(textFrame(FrameType.PROBLEM, link));
      return;
    }
    const { socket } = this;
    this.link = link;
    const { isFiltered, processId } = link;
    socket.write(helloFrame({ interface: this.host.device, isFiltered, processId }));
    link.packets.on('data', (chunk: Uint8Array) => {
      this.pass(chunk);
    });
    link.packets.on('error', () => undefined);
    link.packets.on('close', () => void this.endWithReason(link));
    socket.on('drain', () => link.packets.resume());
    const timer = setInterval(() => {
      this.sendCounts(link);
      link.askCounts();
    }, COUNTS_MS);
    this.timers.push(timer);
  }

  /** If the reader is slow, the pipe from tcpdump fills up and the kernel counts the losses. */
  private pass(chunk: Uint8Array): void {
    const { socket } = this;
    if (socket.destroyed) return;
    socket.cork();
    socket.write(frameHeader(FrameType.PACKETS, chunk.length));
    const hasRoom = socket.write(chunk);
    socket.uncork();
    if (!hasRoom) this.link?.packets.pause();
  }

  private sendCounts({ counts }: CaptureLink): void {
    const text = JSON.stringify({ captured: counts.captured, dropped: counts.dropped });
    if (text === this.sentCounts || this.socket.writableNeedDrain || !this.socket.writable) return;
    this.sentCounts = text;
    this.socket.write(textFrame(FrameType.COUNTS, text));
  }

  private async endWithReason(link: CaptureLink): Promise<void> {
    link.kill();
    await link.ended;
    if (!this.socket.writable) return;
    this.problem = this.isFinishing ? '' : link.problem.problem;
    // The last counts are sent even if data is waiting: they are small, and final.
    const { captured, dropped } = link.counts;
    this.socket.write(textFrame(FrameType.COUNTS, JSON.stringify({ captured, dropped })));
    const reason = this.isFinishing ? 'sluice capture was stopped' : link.problem.problem;
    this.socket.end(textFrame(FrameType.PROBLEM, reason));
    this.after(CLOSE_LIMIT_MS, () => this.socket.destroy());
  }

  private leave(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.link?.packets.destroy();
    this.link?.kill();
    this.host.left(this, this.problem);
  }

  private after(milliseconds: number, work: () => void): void {
    this.timers.push(setTimeout(work, milliseconds));
  }
}
