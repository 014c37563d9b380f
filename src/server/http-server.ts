/**
 * The daemon's HTTP server: a table of routes over node:http. It serves few requests from few readers, so it is plain; what
 * changes anything goes through `mayAdminister`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mayAdminister } from './administration.ts';
import type { Log } from './log.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Changes something: only for loopback, or with the token. */
  readonly administers: boolean;
  readonly answer: (who: HttpWho) => Promise<Answer> | Answer;
}

/** The peer behind a request. */
export interface HttpWho {
  readonly via: 'http';
  readonly from: string;
  /** It had the token. */
  readonly token: boolean;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const REQUEST_TIMEOUT_MS = 10_000;
const LARGEST_HEADER_OCTETS = 16_384;

export function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

export function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

export class HttpServer {
  /** Requests answered, by status. */
  readonly requests = new Map<number, number>();
  private readonly listen: ListenAddress;
  private readonly routes: readonly Route[];
  private readonly token: string | null;
  private readonly log: Log;
  private readonly server: Server;

  constructor(listen: ListenAddress, routes: readonly Route[], token: string | null, log: Log) {
    this.listen = listen;
    this.routes = routes;
    this.token = token;
    this.log = log;
    this.server = createServer(
      { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: LARGEST_HEADER_OCTETS },
      (request, response) => void this.serve(request, response),
    );
  }

  /** Begins to listen; resolves to the address. Rejects with the system's error where it is taken or not ours. */
  start(): Promise<ListenAddress> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.listen.port, this.listen.host, () => {
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
    // Nothing is read from requests; what is sent in a body goes unseen.
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

  private async answerTo(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? '/').split('?', 1)[0]!;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const atPath = this.routes.filter((route) => route.path === path);
    const route = atPath.find((candidate) => candidate.method === method);
    if (route === undefined) {
      return atPath.length > 0 ? text(405, `${path} takes ${atPath[0]!.method}`) : text(404, 'there is nothing here');
    }
    if (route.administers) {
      const refusal = mayAdminister(request, this.token);
      if (refusal !== null) {
        this.log.warn({ path, from: request.socket.remoteAddress, refusal }, 'a request was refused');
        return text(403, refusal);
      }
    }
    try {
      const { remoteAddress = '' } = request.socket;
      // A token that is not the right one was refused above.
      return await route.answer({ via: 'http', from: remoteAddress, token: 'authorization' in request.headers });
    } catch (error) {
      this.log.error({ path, error: error instanceof Error ? error.stack : String(error) }, 'a request failed');
      return text(500, 'this failed; the log says more');
    }
  }
}
