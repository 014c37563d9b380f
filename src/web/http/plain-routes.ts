/**
 * Routes for machines, metrics and health, answered before the framework: they are asked often, and while it is busy,
 * and need no session, no body and no parameters.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiAnswer, Route } from '../api/route.ts';
import { reasonWith } from '../api/refusals.ts';
import { tokenRefusal } from './bearer-token.ts';
import type { HttpOptions } from './http-options.ts';
import type { Refusal } from './request-check.ts';

/** The routes that are answered here. */
export function isPlain({ method, access, path }: Route): boolean {
  return method === 'GET' && (access === 'open' || access === 'token') && !path.startsWith('/api/');
}

/** The refusal of a request for a plain route; null for none. */
export function plainRefusal(
  { method = '', headers }: IncomingMessage,
  { path, access }: Route,
  { isRemote, token }: Pick<HttpOptions, 'isRemote' | 'token'>,
): Refusal | null {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, ...reasonWith('method-not-taken', path, 'GET') };
  const reason = isRemote && access === 'token' ? tokenRefusal(headers, token) : null;
  return reason === null ? null : { status: 403, ...reason };
}

const NO_CALL = { query: undefined, body: undefined, params: {}, user: null };

/** The answer of a plain route. Rejects if it fails. */
export async function plainAnswer({ answer }: Route, address: string): Promise<ApiAnswer> {
  return answer(NO_CALL, { address, cookies: {}, origin: '' });
}

export function writePlain(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body }: ApiAnswer,
): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
