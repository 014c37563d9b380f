/**
 * Checks that every request passes before anything else: its peer, the name by which it came, and that it is meant for
 * this server.
 */
import type { IncomingMessage } from 'node:http';
import { isForwarded } from './forwarded-address.ts';
import { isMeant, plainAddress } from './host-check.ts';
import type { Reason } from '../api/refusals.ts';
import type { HttpOptions } from './http-options.ts';

export interface Refusal extends Reason {
  readonly status: number;
}

const UNNAMED_PROXY =
  'this request came by a proxy, and only this machine is served: name the proxy with --proxy ' +
  'ADDRESS (accounts are needed then)';

/** Null for a request that is served. */
export function requestRefusal(
  { socket, headers, url = '' }: IncomingMessage,
  { proxy, names, isRemote }: Pick<HttpOptions, 'proxy' | 'names' | 'isRemote'>,
): Refusal | null {
  const { localAddress = '', remoteAddress = '' } = socket;
  if (proxy !== null && plainAddress(remoteAddress) !== proxy)
    return { status: 403, problem: 'only the proxy is served' };
  // Through a proxy on this machine that is not named, other machines would be taken for this one.
  if (!isRemote && isForwarded(headers)) return { status: 403, problem: UNNAMED_PROXY };
  if (!isMeant(headers.host, localAddress, names))
    return { status: 421, problem: 'this server does not have the name in the header Host (--host-name)' };
  // A whole URL, as proxies take it, would name a host of its own.
  if (!url.startsWith('/')) return { status: 400, problem: 'the address in a request begins with /' };
  return null;
}

/** The path of a request's address, without its query, which may hold what is in no log. */
export function pathOf({ url = '/' }: { readonly url?: string | undefined }): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
