/**
 * A capture by `sluice capture`, read from its Unix socket. The other end is another process of another user, so every
 * frame is checked, and a fault ends the connection.
 */
import { connect, type Socket } from 'node:net';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { sourceProblem } from '../source-problem.ts';
import type { ProcessCounts } from './live-backend.ts';
import type { CaptureLink } from './live-link.ts';
import { BEGIN, countsIn, FINISH, FrameReader, FrameType, type Hello, helloIn } from './socket-frames.ts';

/** Time limit for the first packets, or their header. */
const BEGIN_LIMIT_MS = 10_000;
const LONGEST_PROBLEM = 500;

export class SocketLink implements CaptureLink {
  readonly packets: FrameReader;
  readonly ended: Promise<void>;
  counts: ProcessCounts = { captured: 0, dropped: {} };
  private readonly path: string;
  private readonly device: string;
  private readonly socket: Socket;
  private readonly timer: NodeJS.Timeout;
  private hello: Hello | null = null;
  private reason: CodedProblem | null = null;

  constructor(path: string, device: string) {
    this.path = path;
    this.device = device;
    this.packets = new FrameReader(
      (type, text) => {
        this.take(type, text);
      },
      (fault) => {
        this.end(sourceProblem('service-protocol', this.path, fault));
      },
    );
    // `problem` reports a fault of the stream; the error event needs no other handling.
    this.packets.on('error', () => undefined);
    this.ended = new Promise((resolve) => this.packets.once('close', resolve));
    this.timer = setTimeout(() => {
      this.end(sourceProblem('service-silent', path, String(BEGIN_LIMIT_MS / 1000)));
    }, BEGIN_LIMIT_MS);
    this.socket = connect(path);
    this.socket.write(Uint8Array.of(BEGIN));
    this.socket.on('error', (error) => {
      this.end(this.explain(error));
    });
    this.socket.on('close', () => {
      clearTimeout(this.timer);
      this.packets.end();
    });
    this.packets.on('close', () => {
      this.kill();
    });
    this.socket.pipe(this.packets);
  }

  get isFiltered(): boolean {
    return this.hello?.isFiltered === true;
  }

  get detail(): string {
    return (
      `sluice capture on ${this.path} captures on ${this.device} by tcpdump as process ` +
      `${this.hello?.processId ?? 0}`
    );
  }

  get problem(): CodedProblem {
    return this.reason ?? sourceProblem('service-ended', this.path);
  }

  askCounts(): void {
    // The service sends counts periodically.
  }

  finish(): void {
    if (this.socket.writable) this.socket.write(Uint8Array.of(FINISH));
  }

  kill(): void {
    clearTimeout(this.timer);
    this.socket.destroy();
  }

  private take(type: FrameType, text: string): void {
    if (type === FrameType.PACKETS) clearTimeout(this.timer);
    else if (type === FrameType.HELLO) this.takeHello(helloIn(text));
    else if (type === FrameType.COUNTS) {
      const counts = countsIn(text);
      if (counts === null) this.end(sourceProblem('service-counts', this.path));
      else this.counts = counts;
    } else this.end(sourceProblem('service-says', text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, LONGEST_PROBLEM)));
  }

  private takeHello(hello: Hello | null): void {
    this.hello = hello;
    if (hello === null) this.end(sourceProblem('service-version', this.path));
    else if (hello.interface !== this.device)
      this.end(
        sourceProblem('service-elsewhere', this.path, JSON.stringify(hello.interface.slice(0, 20)), this.device),
      );
  }

  /** Only the first reason is shown. */
  private end(reason: CodedProblem): void {
    this.reason ??= reason;
    this.kill();
  }

  private explain({ code, message }: NodeJS.ErrnoException): CodedProblem {
    const { path, device } = this;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return sourceProblem('service-missing', path, device);
    if (code === 'EACCES') return sourceProblem('service-without-right', path);
    return sourceProblem('service-unreachable', path, message);
  }
}
