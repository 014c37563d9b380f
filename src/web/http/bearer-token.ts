/** The token of the daemon's HTTP: the one account that reads from another machine. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Null where the request has the token, else why it is refused. `token` is null where none is set. */
export function tokenRefusal(headers: IncomingHttpHeaders, token: string | null): string | null {
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (given === undefined) return 'only with the header Authorization: Bearer and the token';
  return token !== null && isEqual(given, token) ? null : 'the token is not the right one';
}

/** Compared by hash, so that the time it takes tells nothing. */
function isEqual(given: string, token: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(token));
}
