/** What the HTTP server is started with. */
import type { AccountOptions } from './accounts/account-options.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpOptions {
  readonly listen: ListenAddress;
  /** Lets machines read metrics; null if none is set. */
  readonly token: string | null;
  /** Other machines reach this server, itself or by a proxy: metrics need the token, and pages need accounts. */
  readonly isRemote: boolean;
  /** PEM; null for HTTP without TLS. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** The only peer that is served; null for all. */
  readonly proxy: string | null;
  /** Names allowed in Host, in addition to the address that the request came to (host-check). */
  readonly names: readonly string[];
  readonly accounts: AccountOptions;
}

/** Browsers speak TLS to this server, or to the proxy before it. */
export function isSecure({ tls, proxy }: Pick<HttpOptions, 'tls' | 'proxy'>): boolean {
  return tls !== null || proxy !== null;
}
