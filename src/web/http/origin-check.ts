/**
 * Checks that a request that changes something comes from this server's own pages. Browsers say where a request comes
 * from in headers that no page can set; other programs send none of them, and have no cookies of a victim.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type Reason, reasonOf } from '../api/refusals.ts';

/** The refusal of a request; null for none. `isSecure`: the pages came over HTTPS. */
export function originProblem(headers: IncomingHttpHeaders, isSecure: boolean, isProxied: boolean): Reason | null {
  const { origin, host = '', 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin') return reasonOf('other-site');
  if (origin === undefined) return null;
  const own = URL.canParse(`${isSecure ? 'https' : 'http'}://${host}`)
    ? new URL(`${isSecure ? 'https' : 'http'}://${host}`)
    : null;
  const given = URL.canParse(origin) ? new URL(origin) : null;
  const isOwn =
    own !== null &&
    given !== null &&
    given.protocol === own.protocol &&
    // A proxy may leave the port out of Host.
    (isProxied ? given.hostname === own.hostname : given.host === own.host);
  return isOwn ? null : reasonOf('other-site');
}
