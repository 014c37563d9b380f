/**
 * The connections of the HTTP server. Their number, the time and the size of a request are bounded, so that slow or
 * many clients take neither memory nor the place of others for long. What is not HTTP is answered in words.
 */
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { addressKey } from './address-key.ts';
import type { HttpOptions } from './http-options.ts';

/** A whole request must have come after this time. Node looks for late ones at the interval. */
const REQUEST_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 1000;
const LARGEST_HEADER_BYTES = 16_384;
const MOST_CONNECTIONS = 1024;
/** One machine, or a /64 of IPv6, cannot take all of them. A proxy, which has all clients, can. */
export const MOST_CONNECTIONS_OF_PEER = 400;

export function limitedServer({ tls, proxy }: Pick<HttpOptions, 'tls' | 'proxy'>, serve: RequestListener): Server {
  const limits = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    maxHeaderSize: LARGEST_HEADER_BYTES,
  };
  const server =
    tls === null
      ? createServer(limits, serve)
      : createTlsServer({ ...limits, ...tls, handshakeTimeout: REQUEST_TIMEOUT_MS, minVersion: 'TLSv1.2' }, serve);
  server.maxConnections = MOST_CONNECTIONS;
  if (proxy === null) limitPeers(server);
  return server;
}

/** Counts the connections of peers. */
export class PeerConnections {
  private readonly counts = new Map<string, number>();

  /** False for one too many, which is not counted. */
  open(address: string): boolean {
    const peer = addressKey(address);
    const count = this.counts.get(peer) ?? 0;
    if (count >= MOST_CONNECTIONS_OF_PEER) return false;
    this.counts.set(peer, count + 1);
    return true;
  }

  close(address: string): void {
    const peer = addressKey(address);
    const left = this.counts.get(peer)! - 1;
    if (left > 0) this.counts.set(peer, left);
    else this.counts.delete(peer);
  }
}

function limitPeers(server: Server): void {
  const peers = new PeerConnections();
  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket;
    if (!peers.open(remoteAddress)) {
      socket.destroy();
      return;
    }
    socket.once('close', () => {
      peers.close(remoteAddress);
    });
  });
}

/** Answers a request that is no HTTP, too large, or late, and ends its connection. Null where no answer is possible. */
export function answerUnparsed(error: NodeJS.ErrnoException, socket: Socket): number | null {
  const [status, problem] = problemOf(error.code);
  const isOpen = error.code !== 'ECONNRESET' && socket.writable;
  if (isOpen) {
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]!}\r\nContent-Type: text/plain; ` +
        `charset=utf-8\r\nContent-Length: ${problem.length + 1}\r\nConnection: close\r\n\r\n${problem}\n`,
    );
  }
  socket.destroySoon();
  return isOpen ? status : null;
}

function problemOf(code: string | undefined): readonly [number, string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'the request took too long'];
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'the headers of the request are too large'];
  return [400, 'this is not a request of HTTP'];
}
