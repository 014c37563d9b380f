/**
 * The HTTP server: metrics and health, the console's API and its pages. Every request passes the checks of its peer and
 * its Host header first. Routes for machines are answered at once; all others go through Fastify.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import cookies from '@fastify/cookie';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Log } from '../../output/log/log.ts';
import { type Reason, reasonOf } from '../api/refusals.ts';
import type { ApiAnswer, Route } from '../api/route.ts';
import type { ConsoleAccess } from './accounts/console-access.ts';
import type { OidcParts } from './accounts/oidc-routes.ts';
import { accessRefusal } from './accounts/route-access.ts';
import { PasswordSignIn } from './accounts/password-sign-in.ts';
import { SessionCookie } from './accounts/session-cookie.ts';
import { sessionRoutes } from './accounts/session-routes.ts';
import { addRoutes, send } from './api-routes.ts';
import { addressKey } from './address-key.ts';
import { answerUnparsed, limitedServer } from './connections.ts';
import { clientAddress } from './forwarded-address.ts';
import { type HttpOptions, isSecure, type ListenAddress } from './http-options.ts';
import { endListening, listening } from './listening.ts';
import { addPages, missingPage, type PageSet } from './page-files.ts';
import { isPlain, plainAnswer, plainRefusal, writePlain } from './plain-routes.ts';
import { frameworkReason, inForm } from './refusal-form.ts';
import { RefusalLog } from './refusal-log.ts';
import { RefusedRate } from './refused-rate.ts';
import { pathOf, type Refusal, requestRefusal } from './request-check.ts';
import { RequestPace } from './request-pace.ts';
import { limitRate } from './request-rate.ts';
import { PERMISSIONS_POLICY, securityHeaders } from './security-headers.ts';

const LARGEST_BODY_BYTES = 65_536;
const INTERNAL_ERROR = 500;
/** A part, like the history, cannot answer now, and says why. */
const UNAVAILABLE = 503;
const TOO_MANY = 429;
/** Statuses of refusals, whose rate is bounded. */
const REFUSED: readonly number[] = [400, 401, 403, 404, 421, TOO_MANY];

/** An error of a route, with the status of its answer, and its reason where it has words of its own. */
type RouteError = Error & { readonly statusCode?: number; readonly reason?: Reason };

export interface ServerParts {
  readonly log: Log;
  readonly access: ConsoleAccess;
  readonly routes: readonly Route[];
  /** Null for none. */
  readonly pages: PageSet | null;
}

export class HttpServer {
  /** Answered requests, by status. */
  readonly requests = new Map<number, number>();
  private readonly options: HttpOptions;
  private readonly parts: ServerParts;
  private readonly refusals: RefusalLog;
  private readonly plain: ReadonlyMap<string, Route>;
  /** Null behind a proxy, which has the requests of everybody. */
  private readonly refusedRate: RefusedRate | null;
  private readonly pace = new RequestPace();
  private readonly server: Server;
  private app: FastifyInstance | null = null;

  constructor(options: HttpOptions, parts: ServerParts) {
    this.options = options;
    this.parts = parts;
    this.refusals = new RefusalLog(parts.log);
    this.refusedRate = options.proxy === null ? new RefusedRate() : null;
    this.plain = new Map(parts.routes.filter(isPlain).map((route) => [route.path, route]));
    this.server = limitedServer(options, (request, response) => void this.serve(request, response));
    this.server.on('drop', () => {
      this.refusals.add({ path: '', from: undefined, refusal: 'too many connections' });
    });
  }

  /**
   * Begins to listen; resolves to the address. Rejects with the system's error if the address is in use or not
   * available.
   */
  async start(): Promise<ListenAddress> {
    const { address, port } = await listening(this.server, this.options.listen, this.parts.log);
    // Only where a provider is configured is its library loaded.
    const { access } = this.parts;
    const module = access.options.oidc === null ? null : await import('./accounts/oidc-routes.ts');
    this.app = this.framework(port, module?.oidcRoutes ?? (() => []));
    await this.app.ready();
    return { host: address, port };
  }

  async stop(): Promise<void> {
    await endListening(this.server, this.app);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = requestRefusal(request, this.options);
    const route = this.plain.get(pathOf(request));
    const { remoteAddress = '' } = request.socket;
    if ((refused !== null || route === undefined) && this.refusedRate?.isExceeded(remoteAddress) === true)
      this.drop(request);
    else if (refused !== null) this.answer(request, response, this.refused(request, refused));
    else if (route !== undefined) this.answer(request, response, await this.plainAnswer(route, request));
    else if (this.app === null)
      this.answer(request, response, inForm(request, UNAVAILABLE, reasonOf('server-starting')));
    else this.serveInTurn(this.app, request, response);
  }

  private serveInTurn(app: FastifyInstance, request: IncomingMessage, response: ServerResponse): void {
    const { headers, socket } = request;
    const { proxy } = this.options;
    let { remoteAddress: address = '' } = socket;
    if (proxy !== null) headers['x-forwarded-for'] = address = clientAddress(headers, proxy);
    const isTaken = this.pace.add(addressKey(address), () => {
      if (!socket.destroyed) app.routing(request, response);
    });
    if (!isTaken) this.drop(request);
  }

  /** Ends a connection that asks too much, unread. */
  private drop({ socket }: IncomingMessage): void {
    this.count(TOO_MANY);
    socket.destroy();
  }

  private async plainAnswer(route: Route, request: IncomingMessage): Promise<ApiAnswer> {
    const refused = plainRefusal(request, route, this.options);
    if (refused !== null)
      return refused.status === 405 ? inForm(request, 405, refused) : this.refused(request, refused);
    try {
      return await plainAnswer(route, request.socket.remoteAddress ?? '');
    } catch (error) {
      return this.failed(request, error);
    }
  }

  private answer(request: IncomingMessage, response: ServerResponse, answer: ApiAnswer): void {
    // The body of a request is ignored.
    request.resume();
    this.count(answer.status);
    writePlain(request, response, answer);
  }

  private refused(request: IncomingMessage, refused: Refusal): ApiAnswer {
    this.refusedRate?.add(request.socket.remoteAddress ?? '');
    this.refusals.add({ path: pathOf(request), from: request.socket.remoteAddress, refusal: refused.problem });
    return inForm(request, refused.status, refused);
  }

  private failed(request: IncomingMessage, error: unknown): ApiAnswer {
    const shown = error instanceof Error ? error.stack : String(error);
    this.parts.log.error({ path: pathOf(request), error: shown }, 'a request failed');
    return inForm(request, INTERNAL_ERROR, reasonOf('request-failed'));
  }

  private count(status: number): void {
    this.requests.set(status, (this.requests.get(status) ?? 0) + 1);
  }

  /** `port`: the one on which the server listens. */
  private framework(port: number, oidcRoutes: (parts: OidcParts) => readonly Route[]): FastifyInstance {
    const { options, parts, refusals } = this;
    const app = Fastify({
      serverFactory: () => this.server,
      bodyLimit: LARGEST_BODY_BYTES,
      // Addresses of clients come from the proxy's header, which has one by now.
      trustProxy: options.proxy ?? false,
      clientErrorHandler: (error, socket) => {
        const status = answerUnparsed(error, socket);
        if (status !== null) this.count(status);
      },
      frameworkErrors: (error, request, reply) => {
        void send(reply, this.errorAnswer(request.raw, error));
      },
    }) as unknown as FastifyInstance;
    app.removeContentTypeParser('text/plain');
    app.addHook('onRequest', (_request, reply, done) => {
      void reply.header('permissions-policy', PERMISSIONS_POLICY);
      done();
    });
    app.addHook('onResponse', (request, reply, done) => {
      this.count(reply.statusCode);
      if (REFUSED.includes(reply.statusCode)) this.refusedRate?.add(request.raw.socket.remoteAddress ?? '');
      done();
    });
    app.setNotFoundHandler(async (request, reply) => {
      const page =
        parts.pages === null || this.pagesRefusal() !== null ? null : await missingPage(request, parts.pages);
      return send(reply, page ?? inForm(request.raw, 404, reasonOf('nothing-here')));
    });
    app.setErrorHandler((error: RouteError, request, reply) => send(reply, this.errorAnswer(request.raw, error)));
    void app.register(helmet, securityHeaders(options.tls !== null));
    void app.register(cookies);
    limitRate(app);
    const cookie = new SessionCookie(isSecure(options), port);
    const { isRemote } = options;
    const { access } = parts;
    const passwords = new PasswordSignIn(access, refusals);
    const isProxied = options.proxy !== null;
    const routes = [
      ...sessionRoutes({ access, passwords, cookie, isRemote }),
      ...oidcRoutes({ access, cookie, refusals }),
      ...parts.routes.filter((route) => !isPlain(route)),
    ];
    app.after(() => {
      addRoutes(app, routes, { access, cookie, refusals, isRemote, isSecure: isSecure(options), isProxied });
      if (parts.pages !== null) addPages(app, parts.pages, () => this.pagesRefusal());
    });
    return app;
  }

  /** Why no page is served; null while they are. */
  private pagesRefusal(): Refusal | null {
    const { isRemote } = this.options;
    const { access } = this.parts;
    return isRemote && !access.hasAccounts ? accessRefusal('read', null, access.circumstances(isRemote)) : null;
  }

  private errorAnswer(request: IncomingMessage, error: RouteError): ApiAnswer {
    const { statusCode = INTERNAL_ERROR, reason = frameworkReason(error, LARGEST_BODY_BYTES) } = error;
    const isSaid = statusCode < INTERNAL_ERROR || statusCode === UNAVAILABLE;
    return isSaid ? inForm(request, statusCode, reason) : this.failed(request, error);
  }
}
