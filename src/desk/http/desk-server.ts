/**
 * The HTTP server of the desk: pages that work without script. Every request passes the checks of its peer, its Host
 * header, its origin and its session before a route of the table answers.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import cookies from '@fastify/cookie';
import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Log } from '../../output/log/log.ts';
import { PasswordSignIn } from '../../web/http/accounts/password-sign-in.ts';
import { SessionCookie } from '../../web/http/accounts/session-cookie.ts';
import { isToken, type Session } from '../../web/http/accounts/session-table.ts';
import { answerUnparsed, limitedServer } from '../../web/http/connections.ts';
import { type HttpOptions, isSecure, type ListenAddress } from '../../web/http/http-options.ts';
import { endListening, listening } from '../../web/http/listening.ts';
import { originProblem } from '../../web/http/origin-check.ts';
import { RefusalLog } from '../../web/http/refusal-log.ts';
import { RefusedRate } from '../../web/http/refused-rate.ts';
import { pathOf, requestRefusal } from '../../web/http/request-check.ts';
import { limitRate, rateOf } from '../../web/http/request-rate.ts';
import { PERMISSIONS_POLICY, securityHeaders } from '../../web/http/security-headers.ts';
import type { StaffRole } from '../model/role.ts';
import type { Frame } from '../pages/layout.ts';
import { refusalPage } from '../pages/refusal-page.ts';
import { LARGEST_FILE } from '../store/file-store.ts';
import { setting } from '../store/settings.ts';
import { DeskAccess } from './desk-access.ts';
import type { DeskParts } from './desk-parts.ts';
import { deskRoutes } from './desk-routes.ts';
import { type DeskAnswer, type DeskCall, type DeskRoute, refuse } from './desk-route.ts';
import { Form, formOf, multipartForm } from './form-reading.ts';

const LARGEST_FORM = 65_536;
/** Forms of one address in ten seconds: many people may share one. */
const MOST_FORMS = 120;
const UNSAFE_IN_LOG = /^\/my\/[^/]+/;
/** Path, media type, and the file of the program. */
const ASSETS = [
  ['/desk.css', 'text/css; charset=utf-8', 'desk.css'],
  ['/desk.js', 'text/javascript; charset=utf-8', 'desk-page.js'],
  ['/icon.svg', 'image/svg+xml', 'icon.svg'],
  ['/inter-latin.woff2', 'font/woff2', 'inter-latin.woff2'],
] as const;

export class DeskServer {
  readonly refusedByStatus = new Map<number, number>();
  readonly access: DeskAccess;
  private readonly options: HttpOptions;
  private readonly parts: DeskParts;
  private readonly log: Log;
  private readonly refusals: RefusalLog;
  private readonly refusedRate: RefusedRate | null;
  private readonly server: Server;
  private app: FastifyInstance | null = null;
  private cookie: SessionCookie | null = null;

  constructor(options: HttpOptions, parts: Omit<DeskParts, 'access' | 'passwords' | 'refusedByStatus'>, log: Log) {
    this.options = options;
    this.log = log;
    this.refusals = new RefusalLog(log);
    this.access = new DeskAccess(parts.database, log);
    const passwords = new PasswordSignIn(this.access, this.refusals);
    this.parts = { ...parts, access: this.access, passwords, refusedByStatus: this.refusedByStatus };
    this.refusedRate = options.proxy === null ? new RefusedRate() : null;
    this.server = limitedServer(options, (request, response) => {
      this.serve(request, response);
    });
  }

  /** Begins to listen; resolves to the address. Rejects with the system's error. */
  async start(): Promise<ListenAddress> {
    const { address, port } = await listening(this.server, this.options.listen, this.log);
    this.cookie = new SessionCookie(isSecure(this.options), port);
    this.app = this.framework();
    await this.app.ready();
    return { host: address, port };
  }

  async stop(): Promise<void> {
    await endListening(this.server, this.app);
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const { remoteAddress = '' } = request.socket;
    if (this.refusedRate?.isExceeded(remoteAddress) === true) {
      request.socket.destroy();
      return;
    }
    const refused = requestRefusal(request, this.options);
    if (refused === null && this.app !== null) {
      this.app.routing(request, response);
      return;
    }
    const { status, problem } = refused ?? { status: 503, problem: 'starting' };
    if (refused !== null) this.noteRefusal(request, remoteAddress, status, problem);
    request.resume();
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(`${problem}\n`);
  }

  private framework(): FastifyInstance {
    const { options } = this;
    const app = Fastify({
      serverFactory: () => this.server,
      bodyLimit: LARGEST_FORM,
      trustProxy: options.proxy ?? false,
      clientErrorHandler: (error, socket) => void answerUnparsed(error, socket),
    }) as unknown as FastifyInstance;
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
      done(null, formOf(new URLSearchParams(String(body))));
    });
    app.addHook('onRequest', (_request, reply, done) => {
      void reply.headers({ 'permissions-policy': PERMISSIONS_POLICY, 'cache-control': 'no-store' });
      done();
    });
    app.setNotFoundHandler((request, reply) => this.send(request, reply, null, refuse(404, 'there is nothing here')));
    app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
      const { statusCode: status = 500, message } = error;
      if (status < 500) return this.send(request, reply, null, refuse(status, message));
      this.log.error({ path: shownPath(request.raw), error: error.stack }, 'a request failed');
      return this.send(request, reply, null, refuse(500, 'the request failed; the log of the desk says why'));
    });
    // Without a referrer of its own origin a browser gives forms the origin `null`. No other site gets one.
    void app.register(helmet, { ...securityHeaders(options.tls !== null), referrerPolicy: { policy: 'same-origin' } });
    void app.register(cookies);
    void app.register(multipart, { limits: { fileSize: LARGEST_FILE }, throwFileSizeLimit: false });
    limitRate(app);
    app.after(() => {
      this.addAssets(app);
      for (const route of deskRoutes(this.parts)) this.addRoute(app, route);
    });
    return app;
  }

  private addAssets(app: FastifyInstance): void {
    for (const [path, type, file] of ASSETS) {
      const content = readFileSync(join(this.parts.assets, file));
      app.get(path, (_request, reply) => reply.type(type).header('cache-control', 'max-age=3600').send(content));
    }
  }

  private addRoute(app: FastifyInstance, route: DeskRoute): void {
    const { method, path, hasFiles = false, writesHere = method === 'POST' } = route;
    app.route({
      method,
      url: path,
      ...(method === 'POST' && { config: rateOf(MOST_FORMS) }),
      ...(hasFiles && { bodyLimit: 4 * LARGEST_FILE }),
      onRequest: async (request, reply) => {
        const session = this.sessionOf(request);
        const refused = this.callRefusal(route, request, session);
        if (refused !== null) await this.send(request, reply, session, refused);
      },
      handler: async (request, reply) => {
        const session = this.sessionOf(request);
        const isMultipart = request.headers['content-type']?.startsWith('multipart/form-data') === true;
        const form = hasFiles && isMultipart ? await multipartForm(request) : request.body;
        const call = this.callOf(request, session, form instanceof Form ? form : new Form());
        const needsToken = session !== null && route.allowed !== 'public' && method === 'POST';
        if (needsToken && !isToken(call.form.text('csrf'), session.csrf))
          return this.send(
            request,
            reply,
            session,
            refuse(403, 'the form is not of this session: load its page again'),
          );
        if (writesHere) await this.parts.gate.opened();
        // A form may have waited long: an account that was taken away meanwhile does nothing.
        const refused = this.callRefusal(route, request, this.sessionOf(request));
        return this.send(request, reply, session, refused ?? (await route.answer(call)));
      },
    });
  }

  private sessionOf(request: FastifyRequest): Session<StaffRole> | null {
    return this.access.sessionOf(this.cookie!.idIn(request));
  }

  /** The refusal of a call, from its headers and its session alone; null for none. */
  private callRefusal(
    route: DeskRoute,
    request: FastifyRequest,
    session: Session<StaffRole> | null,
  ): DeskAnswer | null {
    const { proxy } = this.options;
    if (route.method === 'POST') {
      const reason = originProblem(request.headers, isSecure(this.options), proxy !== null);
      if (reason !== null) return refuse(403, reason.problem);
    }
    if (route.allowed === 'public') return null;
    if (session === null)
      return route.method === 'GET'
        ? { kind: 'redirect', to: '/sign-in' }
        : refuse(401, 'your session has ended, and nothing was changed: sign in, and do it again');
    return route.allowed.includes(session.user.role) ? null : refuse(403, 'your role may not see or do this');
  }

  private callOf(request: FastifyRequest, session: Session<StaffRole> | null, form: Form): DeskCall {
    const user = session === null ? null : { ...session.user, isps: session.user.isps ?? [] };
    const query = Object.fromEntries(
      Object.entries(request.query as Record<string, unknown>).map(([name, value]) => [name, String(value)]),
    );
    return {
      params: request.params as Record<string, string>,
      query,
      form,
      user,
      frame: this.frameOf(request, session),
      csrf: session?.csrf ?? '',
      nowMs: this.parts.now(),
      address: request.ip,
      origin: `${isSecure(this.options) ? 'https' : 'http'}://${request.headers.host ?? ''}`,
      session: this.cookie!.idIn(request),
      begun: this.cookie!.begunIn(request),
    };
  }

  private frameOf(request: FastifyRequest, session: Session<StaffRole> | null): Frame {
    const { database } = this.parts;
    return {
      desk: setting(database, 'title'),
      viewer: session === null ? null : { ...session.user, csrf: session.csrf },
      path: pathOf(request.raw),
      isDemo: setting(database, 'documentation') === 'take',
    };
  }

  private send(
    request: FastifyRequest,
    reply: FastifyReply,
    session: Session<StaffRole> | null,
    answer: DeskAnswer,
  ): FastifyReply {
    switch (answer.kind) {
      case 'page':
        return reply
          .code(answer.status ?? 200)
          .type('text/html; charset=utf-8')
          .send(answer.page.text);
      case 'json':
        return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.value));
      case 'redirect': {
        const { to, cookie, begun } = answer;
        const names = this.cookie!;
        const cookies = [
          ...(cookie === undefined ? [] : [cookie === '' ? names.remove() : names.set(cookie)]),
          ...(begun === undefined ? [] : [begun === '' ? names.removeBegun() : names.setBegun(begun)]),
        ];
        if (cookies.length > 0) void reply.header('set-cookie', cookies);
        return reply.code(303).header('location', to).send();
      }
      case 'signed-in':
        return reply
          .headers({ 'set-cookie': [this.cookie!.set(answer.cookie), this.cookie!.removeBegun()] })
          .header('refresh', `0; url=${answer.to}`)
          .type('text/html; charset=utf-8')
          .send(answer.page.text);
      case 'download':
        return reply
          .headers({
            'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(answer.name)}`,
            'content-security-policy': "default-src 'none'; sandbox",
          })
          .type(answer.type)
          .send(answer.content);
      case 'refusal': {
        const { status, problem } = answer;
        this.noteRefusal(request.raw, request.ip, status, problem, session?.user.name);
        const shown = refusalPage(this.frameOf(request, session), status, problem);
        return reply.code(status).type('text/html; charset=utf-8').send(shown.text);
      }
    }
  }

  private noteRefusal(request: IncomingMessage, from: string, status: number, refusal: string, account?: string): void {
    this.refusedByStatus.set(status, (this.refusedByStatus.get(status) ?? 0) + 1);
    this.refusedRate?.add(request.socket.remoteAddress ?? '');
    const entry = { path: shownPath(request), from, refusal, ...(account !== undefined && { account }) };
    this.refusals.add(entry);
  }
}

/** A secret link is in no log. */
function shownPath(request: IncomingMessage): string {
  return pathOf(request).replace(UNSAFE_IN_LOG, '/my/(secret)');
}
