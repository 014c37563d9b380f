/** The access token of the daemon's HTTP server. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Reason, reasonOf } from '../api/refusals.ts';

/** Null if the request has the token, else the refusal. `token` is null if none is set. */
export function tokenRefusal(headers: IncomingHttpHeaders, token: string | null): Reason | null {
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (given === undefined) return reasonOf('token-missing');
  return token !== null && isEqual(given, token) ? null : reasonOf('token-wrong');
}

/** Compares hashes, so that the time reveals nothing. */
function isEqual(given: string, token: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(token));
}
