/**
 * The daemon's HTTP server: metrics and health, the console's API and its pages, over Fastify. Every request passes the
 * checks of its peer and its Host header first.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import helmet from '@fastify/helmet';
import serveStatic from '@fastify/static';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { tokenRefusal } from './bearer-token.ts';
import { isMeant, plainAddress } from './host-check.ts';
import { PAGE_PATHS } from '../api/pages.ts';
import { refusal, type Route as ApiRoute } from '../api/route.ts';
import { sessionRoutes } from './accounts/session-routes.ts';
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
const LARGEST_BODY_BYTES = 65_536;

/** Nothing is loaded from elsewhere, and nothing inline. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

export function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

export class HttpServer {
  /** Answered requests, by status. */
  readonly requests = new Map<number, number>();
  private readonly options: HttpOptions;
  private readonly log: Log;
  private readonly app: FastifyInstance;

  /** `pages`: the folder of the console's built pages; null for none. */
  constructor(
    options: HttpOptions,
    routes: readonly Route[],
    log: Log,
    api: readonly ApiRoute[] = [],
    pages: string | null = null,
  ) {
    this.options = options;
    this.log = log;
    const server = { maxHeaderSize: LARGEST_HEADER_BYTES, headersTimeout: REQUEST_TIMEOUT_MS };
    const common = { requestTimeout: REQUEST_TIMEOUT_MS, bodyLimit: LARGEST_BODY_BYTES, forceCloseConnections: true };
    const { tls } = options;
    this.app =
      tls === null
        ? Fastify({ ...common, http: server })
        : Fastify({
            ...common,
            https: { ...server, ...tls, handshakeTimeout: REQUEST_TIMEOUT_MS, minVersion: 'TLSv1.2' },
          });
    this.addChecks();
    void this.app.register(helmet, { contentSecurityPolicy: CONTENT_SECURITY_POLICY });
    for (const route of routes) this.addRoute(route);
    for (const route of [...sessionRoutes(), ...api]) this.addApiRoute(route);
    if (pages !== null && existsSync(pages)) this.addPages(pages);
  }

  /**
   * Begins to listen; resolves to the address. Rejects with the system's error if the address is in use or not
   * available.
   */
  async start(): Promise<ListenAddress> {
    const { port: wanted, host } = this.options.listen;
    await this.app.listen({ port: wanted, host });
    this.app.server.on('error', (error) => {
      this.log.error({ error: error.message }, 'the HTTP server failed');
    });
    const { address, port } = this.app.server.address() as AddressInfo;
    return { host: address, port };
  }

  async stop(): Promise<void> {
    await this.app.close();
  }

  private addChecks(): void {
    const { app, options, log } = this;
    app.addHook('onRequest', async (request, reply) => {
      const { localAddress = '', remoteAddress = '' } = request.raw.socket;
      if (options.proxy !== null && plainAddress(remoteAddress) !== options.proxy)
        return this.refuse(request, reply, 403, 'only the proxy is served');
      if (!isMeant(request.headers.host, localAddress, options.names))
        return this.refuse(request, reply, 421, 'this server does not have the name in the header Host (--host-name)');
      return undefined;
    });
    app.addHook('onResponse', (_request, reply, done) => {
      this.requests.set(reply.statusCode, (this.requests.get(reply.statusCode) ?? 0) + 1);
      done();
    });
    app.setNotFoundHandler((_request, reply) => send(reply, text(404, 'there is nothing here')));
    app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
      if (error.statusCode !== undefined && error.statusCode < 500)
        return send(reply, text(error.statusCode, error.message));
      log.error({ path: pathOf(request), error: error.stack }, 'a request failed');
      return send(reply, text(500, 'the request failed; see the log'));
    });
  }

  private addRoute({ path, isOpen, answer }: Route): void {
    this.app.get(path, async (request, reply) => {
      const { needsToken, token } = this.options;
      const refused = needsToken && !isOpen ? tokenRefusal(request.headers, token) : null;
      if (refused !== null) return this.refuse(request, reply, 403, refused);
      return send(reply, await answer());
    });
    const method = ['POST', 'PUT', 'PATCH', 'DELETE'];
    this.app.route({ method, url: path, handler: (_request, reply) => send(reply, text(405, `${path} takes GET`)) });
  }

  private addApiRoute({ method, path, query: querySchema, body: bodySchema, answer }: ApiRoute): void {
    this.app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const query = querySchema?.safeParse(request.query);
        const body = bodySchema?.safeParse(request.body);
        for (const parsed of [query, body]) {
          if (parsed === undefined || parsed.success) continue;
          const [issue] = parsed.error.issues;
          return sendApi(reply, refusal(400, `${issue!.path.join('.') || 'request'}: ${issue!.message}`));
        }
        const params = request.params as Record<string, string>;
        const caller = { address: request.ip, cookies: {}, origin: `${request.protocol}://${request.host}` };
        return sendApi(reply, await answer({ query: query?.data, body: body?.data, params, user: null }, caller));
      },
    });
  }

  private addPages(folder: string): void {
    const { app } = this;
    void app.register(serveStatic, { root: join(folder, 'assets'), prefix: '/assets/', immutable: true, maxAge: '1y' });
    for (const path of PAGE_PATHS)
      app.get(path, (_request, reply) =>
        reply.header('cache-control', 'no-cache').sendFile('index.html', folder, { immutable: false, maxAge: 0 }),
      );
  }

  private refuse(request: FastifyRequest, reply: FastifyReply, status: number, reason: string): FastifyReply {
    this.log.warn(
      { path: pathOf(request), from: request.raw.socket.remoteAddress, refusal: reason },
      'a request was refused',
    );
    return send(reply, text(status, reason));
  }
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0]!;
}

function send(reply: FastifyReply, { status, type, body }: Answer): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type(type).send(body);
}

function sendApi(reply: FastifyReply, { status, type, body, fileName }: ReturnType<typeof refusal>): FastifyReply {
  if (fileName !== undefined) void reply.header('content-disposition', `attachment; filename="${fileName}"`);
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type(type)
    .send(typeof body === 'string' ? body : Buffer.from(body));
}
