/**
 * The Unix socket over which a daemon is administered. The kernel lets the daemon's own user and root connect (mode
 * 0600), and each connection proves which of them it is (control-peer). It carries one request and one answer, each a
 * line of JSON:
 *
 *   daemon {"control":1,"nonce":"…"} peer {"command":"reload","sudo_uid":1000} daemon {"ok":true,…}
 */
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { freeSocketPath } from '../capture/live/socket-path.ts';
import { ControlLines, controlLine } from './control-lines.ts';
import { PeerProof } from './control-peer.ts';
import type { Log } from '../output/log/log.ts';

/** The user of a request. */
export interface Peer {
  readonly uid: number;
  /** The user id that sudo reports; only accepted from root. */
  readonly sudoUid: number | null;
}

export type ControlHandler = (request: Readonly<Record<string, unknown>>, peer: Peer) => Promise<object>;

const PRIVATE_UMASK = 0o177;
const SOCKET_MODE = 0o600;
const LARGEST_REQUEST = 1 << 16;
const REQUEST_MS = 10_000;
const MOST_CONNECTIONS = 16;
const ROOT = 0;

export class ControlSocket {
  private readonly path: string;
  private readonly handler: ControlHandler;
  private readonly log: Log;
  private readonly server: Server;
  private readonly open = new Set<Socket>();

  constructor(path: string, handler: ControlHandler, log: Log) {
    this.path = path;
    this.handler = handler;
    this.log = log;
    this.server = createServer((socket) => {
      void this.serve(socket);
    });
    this.server.maxConnections = MOST_CONNECTIONS;
  }

  /** Begins to listen. Rejects if another process listens there, the path is not a socket, or it is too long. */
  async start(): Promise<void> {
    const { path, server, log } = this;
    await freeSocketPath(path);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // The socket is bound before `listen` returns, so its mode is restricted from the first moment.
      const before = process.umask(PRIVATE_UMASK);
      try {
        server.listen(path, resolve);
      } finally {
        process.umask(before);
      }
    });
    chmodSync(path, SOCKET_MODE);
    server.removeAllListeners('error');
    server.on('error', (error) => {
      log.error({ problem: error.message }, 'the control socket failed');
    });
  }

  /** Removes the socket and closes its connections. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
      for (const socket of this.open) socket.destroy();
    });
  }

  private async serve(socket: Socket): Promise<void> {
    this.open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.open.delete(socket));
    socket.setTimeout(REQUEST_MS, () => socket.destroy());
    const proof = new PeerProof(this.path);
    try {
      const lines = new ControlLines(socket, LARGEST_REQUEST);
      socket.write(controlLine({ control: 1, nonce: proof.nonce }));
      const request = await lines.next();
      socket.setTimeout(0);
      socket.end(controlLine(await this.answer(request, proof.take())));
    } catch (error) {
      this.log.warn({ problem: (error as Error).message }, 'a request on the control socket could not be read');
      socket.destroy();
    } finally {
      proof.take();
    }
  }

  private async answer(request: unknown, uid: number | null): Promise<object> {
    if (uid === null) return { ok: false, problem: 'the user of the request could not be determined' };
    if (typeof request !== 'object' || request === null || Array.isArray(request))
      return { ok: false, problem: 'a request must be a JSON object' };
    const fields = request as Readonly<Record<string, unknown>>;
    const { sudo_uid: sudoUid } = fields;
    const isSudo = uid === ROOT && Number.isSafeInteger(sudoUid) && (sudoUid as number) >= 0;
    try {
      return await this.handler(fields, { uid, sudoUid: isSudo ? (sudoUid as number) : null });
    } catch (error) {
      this.log.error({ problem: (error as Error).stack }, 'a request on the control socket failed');
      return { ok: false, problem: 'the request failed; see the log' };
    }
  }
}
