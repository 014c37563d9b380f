/**
 * Who may reload the rules and reset the breaker: whoever sits on this machine, or has the token.
 *
 * A browser on this machine is not its user: a page of any site can have it post here. It says so by the header Origin
 * or Sec-Fetch-Site, and such requests need the token, like those that a proxy on this machine passes on.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What is looked at of a request. */
export interface AdministrationRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

const LOOPBACK = /^(::ffff:)?127\.|^::1$/;
/** Headers of browsers, and of proxies. */
const FROM_ELSEWHERE = ['origin', 'sec-fetch-site', 'forwarded', 'x-forwarded-for', 'via'];

/** Null where the request has the token, else why not. `token` is null where none is set. */
export function tokenRefusal({ headers }: AdministrationRequest, token: string | null): string | null {
  const given = givenToken(headers);
  if (given === undefined) return 'only with the header Authorization: Bearer and the token';
  return token !== null && isEqual(given, token) ? null : 'the token is not the right one';
}

/** Null where the request may, else why not. `token` is null where none is set. */
export function mayAdminister(request: AdministrationRequest, token: string | null): string | null {
  const { headers, socket } = request;
  if (givenToken(headers) !== undefined) return tokenRefusal(request, token);
  const isLocal = LOOPBACK.test(socket.remoteAddress ?? '') && FROM_ELSEWHERE.every((name) => !(name in headers));
  if (isLocal) return null;
  return token === null
    ? 'only from this machine: no --token-file is set'
    : 'from elsewhere only with the header Authorization: Bearer and the token';
}

function givenToken(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** Compared by hash, so that the time it takes tells nothing. */
function isEqual(given: string, token: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(token));
}
