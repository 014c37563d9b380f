/**
 * The Unix socket of `sluice capture`. Each reader gets its own capture, from a new pcap header, and only one reader is
 * served at a time. Nothing is captured while there is no reader; the reader counts the gap.
 */
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { CaptureSession, type ServedCapture, type SessionHost } from './capture-session.ts';
import { freeSocketPath } from './socket-path.ts';

/** The reader, and connections that have not requested a capture yet. */
const MOST_CONNECTIONS = 8;
/** Its user and its group may connect. */
const SOCKET_MODE = 0o660;
const NO_ACCESS = 0o777;

export type ServiceListener = (event: 'connected' | 'refused' | 'left', detail: string) => void;

export class CaptureService implements SessionHost {
  readonly device: string;
  private readonly path: string;
  private readonly open: () => ServedCapture;
  private readonly listener: ServiceListener;
  private readonly server: Server;
  private readonly sessions = new Set<CaptureSession>();
  private reader: CaptureSession | null = null;
  private isStopping = false;

  constructor(device: string, path: string, open: () => ServedCapture, listener: ServiceListener) {
    this.device = device;
    this.path = path;
    this.open = open;
    this.listener = listener;
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      this.accept(socket);
    });
  }

  /** Rejects with a message if the socket cannot be created. Replaces a socket that a dead process left. */
  async start(): Promise<void> {
    await freeSocketPath(this.path);
    await new Promise<void>((resolve, reject) => {
      // A umask blocks connections until the final mode is set.
      const umask = process.umask(NO_ACCESS);
      this.server.once('error', (error) => {
        reject(new Error(`cannot listen on ${this.path}: ${error.message}`));
      });
      this.server.listen(this.path, resolve);
      process.umask(umask);
    });
    chmodSync(this.path, SOCKET_MODE);
  }

  /** Ends the capture, passes on what it has captured, and removes the socket. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const isClosed = new Promise((resolve) => this.server.close(resolve));
    for (const session of this.sessions) session.finish();
    await isClosed;
  }

  begin(session: CaptureSession): ServedCapture | string {
    if (this.reader !== null) {
      this.listener('refused', 'a second reader');
      return `another reader is connected to ${this.path}, and there is one at a time`;
    }
    if (this.isStopping) return 'sluice capture is stopping';
    this.reader = session;
    const capture = this.open();
    this.listener('connected', capture.detail);
    return capture;
  }

  left(session: CaptureSession, problem: string): void {
    this.sessions.delete(session);
    if (this.reader !== session) return;
    this.reader = null;
    this.listener('left', problem);
  }

  private accept(socket: Socket): void {
    if (this.sessions.size >= MOST_CONNECTIONS) {
      socket.destroy();
      return;
    }
    this.sessions.add(new CaptureSession(socket, this));
  }
}
