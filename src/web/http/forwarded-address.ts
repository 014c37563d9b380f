/**
 * What proxies say about the requests that they forward. The one that is named (`--proxy`) adds the address of its own
 * peer at the end of X-Forwarded-For; what is before that comes from the client, who may write anything there, and is
 * not used.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { plainAddress } from './host-check.ts';

/** Headers that a proxy adds, and no browser does. */
const MARKS = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded'];

/** True for a request that came by a proxy, as far as that says so. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return MARKS.some((name) => headers[name] !== undefined);
}

/** The client of the proxy; the proxy's own address where it names none. */
export function clientAddress(headers: IncomingHttpHeaders, proxy: string): string {
  const [last = ''] = headers['x-forwarded-for']?.toString().split(',').slice(-1) ?? [];
  const address = plainAddress(withoutPort(last.trim()));
  return isIP(address) === 0 ? proxy : address;
}

function withoutPort(address: string): string {
  const match = /^\[([^\]]*)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(address);
  return match === null ? address : (match[1] ?? match[2]!);
}
