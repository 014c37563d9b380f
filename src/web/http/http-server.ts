/**
 * The daemon's HTTP server: a table of routes over node:http. It is read-only and serves few requests; a daemon is
 * administered over its control socket.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tokenRefusal } from './bearer-token.ts';
import { isMeant, plainAddress } from './host-check.ts';
import type { Log } from '../../output/log/log.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface Route {
  readonly path: string;
  /** Served without the token even if other routes need it: health checks. */
  readonly isOpen: boolean;
  readonly answer: () => Promise<Answer> | Answer;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpOptions {
  readonly listen: ListenAddress;
  /** Null if none is set. */
  readonly token: string | null;
  /** All routes except health checks need the token. */
  readonly needsToken: boolean;
  /** PEM; null for HTTP without TLS. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** The only peer that is served; null for all. */
  readonly proxy: string | null;
  /** Names allowed in Host, in addition to the address that the request came to (host-check). */
  readonly names: readonly string[];
}

const REQUEST_TIMEOUT_MS = 10_000;
const LARGEST_HEADER_BYTES = 16_384;

export function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

export function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

export class HttpServer {
  /** Answered requests, by status. */
  readonly requests = new Map<number, number>();
  private readonly options: HttpOptions;
  private readonly routes: readonly Route[];
  private readonly log: Log;
  private readonly server: Server;

  constructor(options: HttpOptions, routes: readonly Route[], log: Log) {
    this.options = options;
    this.routes = routes;
    this.log = log;
    const limits = {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      maxHeaderSize: LARGEST_HEADER_BYTES,
    };
    const serve = (request: IncomingMessage, response: ServerResponse): void => void this.serve(request, response);
    const { tls } = options;
    this.server =
      tls === null
        ? createServer(limits, serve)
        : createTlsServer({ ...limits, ...tls, handshakeTimeout: REQUEST_TIMEOUT_MS, minVersion: 'TLSv1.2' }, serve);
  }

  /**
   * Begins to listen; resolves to the address. Rejects with the system's error if the address is in use or not
   * available.
   */
  start(): Promise<ListenAddress> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      const { port: wanted, host } = this.options.listen;
      this.server.listen(wanted, host, () => {
        this.server.off('error', reject);
        this.server.on('error', (error) => {
          this.log.error({ error: error.message }, 'the HTTP server failed');
        });
        const { address, port } = this.server.address() as AddressInfo;
        resolve({ host: address, port });
      });
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The body of a request is ignored.
    request.resume();
    const { status, type, body } = await this.answerTo(request);
    this.requests.set(status, (this.requests.get(status) ?? 0) + 1);
    response.writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  private refuse(request: IncomingMessage, status: number, refusal: string): Answer {
    const { url = '/', socket } = request;
    this.log.warn({ path: url.split('?', 1)[0], from: socket.remoteAddress, refusal }, 'a request was refused');
    return text(status, refusal);
  }

  private async answerTo(request: IncomingMessage): Promise<Answer> {
    const { proxy, names, needsToken, token } = this.options;
    const { localAddress = '', remoteAddress = '' } = request.socket;
    if (proxy !== null && plainAddress(remoteAddress) !== proxy)
      return this.refuse(request, 403, 'only the proxy is served');
    if (!isMeant(request.headers.host, localAddress, names))
      return this.refuse(request, 421, 'this server does not have the name in the header Host (--host-name)');
    const path = (request.url ?? '/').split('?', 1)[0]!;
    const route = this.routes.find((candidate) => candidate.path === path);
    if (route === undefined) return text(404, 'there is nothing here');
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, `${path} takes GET`);
    const refusal = needsToken && !route.isOpen ? tokenRefusal(request.headers, token) : null;
    if (refusal !== null) return this.refuse(request, 403, refusal);
    try {
      return await route.answer();
    } catch (error) {
      this.log.error({ path, error: error instanceof Error ? error.stack : String(error) }, 'a request failed');
      return text(500, 'the request failed; see the log');
    }
  }
}
