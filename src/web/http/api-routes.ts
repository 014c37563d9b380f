/**
 * Adds routes to the framework. What a route's access asks is checked before a body is read; then query and body are
 * checked against the route's schemas, and the answer is sent.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { reasonOf, reasonWith } from '../api/refusals.ts';
import { type ApiAnswer, type Caller, refusal, type Route } from '../api/route.ts';
import type { ConsoleAccess } from './accounts/console-access.ts';
import { accessRefusal } from './accounts/route-access.ts';
import type { SessionCookie } from './accounts/session-cookie.ts';
import { isToken, type Session } from './accounts/session-table.ts';
import { acceptsGzip, compressedAnswer, isCompressible } from './compressed-answer.ts';
import { originProblem } from './origin-check.ts';
import type { RefusalLog } from './refusal-log.ts';
import { rateOf } from './request-rate.ts';
import { checked } from './schema-check.ts';
import { pathOf, type Refusal } from './request-check.ts';

export interface RouteParts {
  readonly access: ConsoleAccess;
  readonly cookie: SessionCookie;
  readonly refusals: RefusalLog;
  readonly isRemote: boolean;
  readonly isSecure: boolean;
  readonly isProxied: boolean;
}

const CSRF_HEADER = 'x-csrf-token';
const SAFE_METHODS = ['GET', 'HEAD'];
const ALL_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export function addRoutes(app: FastifyInstance, routes: readonly Route[], parts: RouteParts): void {
  for (const one of routes) addRoute(app, one, parts);
  for (const path of new Set(routes.map((one) => one.path))) {
    const allowed = routes.filter((one) => one.path === path).flatMap(({ method }) => methodsOf(method));
    app.route({
      method: ALL_METHODS.filter((method) => !allowed.includes(method)),
      url: path,
      // A body is not read for it.
      onRequest: (_request, reply) => {
        const answer = refusal(405, reasonWith('method-not-taken', path, ...allowed));
        void send(reply, { ...answer, headers: { allow: allowed.join(', ') } });
      },
      handler: () => undefined,
    });
  }
}

function methodsOf(method: Route['method']): readonly string[] {
  return method === 'GET' ? SAFE_METHODS : [method];
}

function addRoute(app: FastifyInstance, one: Route, parts: RouteParts): void {
  const { method, path, access, query: querySchema, body: bodySchema, answer } = one;
  const sessions = new WeakMap<FastifyRequest, Session>();
  app.route({
    method,
    url: path,
    ...(one.most !== undefined && { config: rateOf(one.most) }),
    onRequest: (request, reply, done) => {
      const session = parts.access.sessionOf(parts.cookie.idIn(request));
      const refused = callRefusal(one, request, session, parts);
      if (refused === null) {
        if (session !== null) sessions.set(request, session);
        done();
        return;
      }
      const account = session?.user.name;
      parts.refusals.add({
        path: pathOf(request),
        from: request.ip,
        refusal: refused.problem,
        ...(account !== undefined && { account }),
      });
      void send(reply, refusal(refused.status, refused));
    },
    handler: async (request, reply) => {
      const query = querySchema && checked(querySchema, request.query, 'the query');
      if (query !== undefined && 'problem' in query) return send(reply, refusal(400, query));
      const body = bodySchema && checked(bodySchema, request.body, 'the body');
      if (body !== undefined && 'problem' in body) return send(reply, refusal(400, body));
      const params = request.params as Record<string, string>;
      const user = sessions.get(request)?.user ?? null;
      const call = { query: query?.data, body: body?.data, params, user };
      const answered = await answer(call, callerOf(request, parts));
      if (answered.etag !== undefined) return sendVersion(request, reply, answered, answered.etag);
      if (!isCompressible(answered, access)) return send(reply, answered);
      void reply.header('vary', 'accept-encoding');
      const isTaken = acceptsGzip(request.headers['accept-encoding']);
      return send(reply, isTaken ? await compressedAnswer(answered) : answered);
    },
  });
}

/** The refusal of a call, from its headers and its session alone; null for none. */
function callRefusal(
  { method, access }: Route,
  { headers }: FastifyRequest,
  session: Session | null,
  { access: console, isRemote, isSecure, isProxied }: RouteParts,
): Refusal | null {
  // A page of another site cannot read an answer, but it could make the daemon work.
  if (access !== 'open' && headers['sec-fetch-site'] === 'cross-site')
    return { status: 403, ...reasonOf('other-sites-unanswered') };
  if (!SAFE_METHODS.includes(method)) {
    const reason = originProblem(headers, isSecure, isProxied);
    if (reason !== null) return { status: 403, ...reason };
  }
  const refused = accessRefusal(access, session?.user ?? null, console.circumstances(isRemote));
  if (refused !== null || SAFE_METHODS.includes(method) || access === 'open') return refused;
  if (session !== null && isToken(headers[CSRF_HEADER], session.csrf)) return null;
  return { status: 403, ...reasonOf('session-token') };
}

function callerOf(request: FastifyRequest, { isSecure }: RouteParts): Caller {
  const origin = `${isSecure ? 'https' : 'http'}://${request.headers.host ?? ''}`;
  return { address: request.ip, cookies: request.cookies, origin };
}

/** Sends an answer that has versions: its browser may have it already, or take it compressed. */
function sendVersion(request: FastifyRequest, reply: FastifyReply, answer: ApiAnswer, etag: string): FastifyReply {
  const { headers } = request;
  void reply.headers({ etag, vary: 'accept-encoding' });
  if (headers['if-none-match'] === etag) return reply.code(304).header('cache-control', 'no-store').send();
  const { gzipped } = answer;
  if (gzipped === undefined || !acceptsGzip(headers['accept-encoding'])) return send(reply, answer);
  void reply.header('content-encoding', 'gzip');
  return send(reply, { ...answer, body: gzipped() });
}

export function send(reply: FastifyReply, { status, type, body, parts, fileName, headers }: ApiAnswer): FastifyReply {
  if (fileName !== undefined) void reply.header('content-disposition', `attachment; filename="${fileName}"`);
  if (headers !== undefined) void reply.headers(headers as Record<string, string | string[]>);
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type(type)
    .send(parts === undefined ? (typeof body === 'string' ? body : Buffer.from(body)) : Readable.from(parts));
}
