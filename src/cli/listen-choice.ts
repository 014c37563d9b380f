/**
 * Address and access control of the daemon's HTTP server. On loopback, without accounts, every user of this machine may
 * read. Another address needs TLS or a proxy, and accounts for the pages, or a token, which gives metrics alone.
 */
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { EventOrigin } from '../output/event/event-origin.ts';
import { ACCOUNTS_NAME, readAccounts } from '../web/http/accounts/account-file.ts';
import type { AccountOptions } from '../web/http/accounts/account-options.ts';
import { ROLE_NAMES } from '../web/api/route.ts';
import type { OidcConfig } from '../web/http/accounts/oidc-config.ts';
import { readOidcConfig, type RolesOfServer } from '../web/http/accounts/oidc-config-file.ts';
import { isLoopback } from '../web/http/host-check.ts';
import type { HttpOptions, ListenAddress } from '../web/http/http-options.ts';
import type { ListenFlags } from './listen-flags.ts';
import { tokenIn } from './run-flags.ts';

const OTHERS_MASK = 0o077;

/** Null for no HTTP. `folder`: that of state; null for none. Throws CommandError if the flags contradict each other. */
export function httpOptions(flags: ListenFlags & EventOrigin, folder: string | null): HttpOptions | null {
  const { listen, proxy = null, hostName: names = [] } = flags;
  if (listen === 'none') return null;
  const token = tokenIn(flags.tokenFile);
  const tls = tlsOf(flags);
  const accounts = accountsOf(flags, folder);
  // A proxy on this machine has clients on others.
  const isRemote = !isLoopback(listen.host) || proxy !== null;
  if (isRemote) {
    if (tls === null && proxy === null)
      throw refusal(listen, 'without TLS (--tls-cert, --tls-key) or a proxy that does it (--proxy ADDRESS)');
    if (token === null && !hasAccounts(accounts))
      throw refusal(listen, 'without an account: sluice account add NAME; or, for metrics alone, --token-file FILE');
  }
  const own = isIP(listen.host) === 0 ? [listen.host.toLowerCase()] : [];
  return { listen, token, tls, proxy, names: [...own, ...names], isRemote, accounts };
}

function accountsOf({ accounts, oidc, isp = '' }: ListenFlags & EventOrigin, folder: string | null): AccountOptions {
  const file = accounts ?? (folder === null ? null : join(folder, ACCOUNTS_NAME));
  return {
    file,
    isNamed: accounts !== undefined,
    oidc: oidcOf(oidc, { roleNames: ROLE_NAMES, scopedRoles: ROLE_NAMES }),
    isp,
  };
}

/** The provider that a file names; null without a file. */
export function oidcOf<R extends string>(path: string | undefined, roles: RolesOfServer<R>): OidcConfig<R> | null {
  if (path === undefined) return null;
  try {
    return readOidcConfig(path, roles);
  } catch (error) {
    throw new CommandError(`--oidc ${path}: ${(error as Error).message}`, ExitCode.WRONG_USAGE);
  }
}

function hasAccounts({ file, isNamed, oidc }: AccountOptions): boolean {
  return oidc !== null || isNamed || (file !== null && readAccounts(file).kind !== 'none');
}

function refusal({ host, port }: ListenAddress, reason: string): CommandError {
  const shown = host.includes(':') ? `[${host}]` : host;
  return new CommandError(
    `--listen ${shown}:${port}: other machines are not served ${reason}; 127.0.0.1:${port} serves this machine`,
    ExitCode.WRONG_USAGE,
  );
}

export function tlsOf({ tlsCert, tlsKey }: ListenFlags): HttpOptions['tls'] {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new CommandError('--tls-cert and --tls-key belong together', ExitCode.WRONG_USAGE);
  try {
    const { mode } = statSync(tlsKey);
    if ((mode & OTHERS_MASK) !== 0) throw new Error(`others may read ${tlsKey}: chmod 600 ${tlsKey}`);
    const tls = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
    createSecureContext(tls);
    return tls;
  } catch (error) {
    throw new CommandError(`TLS cannot be used: ${(error as Error).message}`, ExitCode.WRONG_USAGE);
  }
}
