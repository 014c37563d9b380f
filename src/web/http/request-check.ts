/**
 * Checks that every request passes before anything else: its peer, the name by which it came, and that it is meant for
 * this server.
 */
import type { IncomingMessage } from 'node:http';
import { isForwarded } from './forwarded-address.ts';
import { isMeant, plainAddress } from './host-check.ts';
import { type Reason, reasonOf } from '../api/refusals.ts';
import type { HttpOptions } from './http-options.ts';

export interface Refusal extends Reason {
  readonly status: number;
}

/** Null for a request that is served. */
export function requestRefusal(
  { socket, headers, url = '' }: IncomingMessage,
  { proxy, names, isRemote }: Pick<HttpOptions, 'proxy' | 'names' | 'isRemote'>,
): Refusal | null {
  const { localAddress = '', remoteAddress = '' } = socket;
  if (proxy !== null && plainAddress(remoteAddress) !== proxy) return { status: 403, ...reasonOf('only-proxy') };
  // Through a proxy on this machine that is not named, other machines would be taken for this one.
  if (!isRemote && isForwarded(headers)) return { status: 403, ...reasonOf('proxy-unnamed') };
  if (!isMeant(headers.host, localAddress, names)) return { status: 421, ...reasonOf('other-host') };
  // A whole URL, as proxies take it, would name a host of its own.
  if (!url.startsWith('/')) return { status: 400, ...reasonOf('whole-address') };
  return null;
}

/** The path of a request's address, without its query, which may hold what is in no log. */
export function pathOf({ url = '/' }: { readonly url?: string | undefined }): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
