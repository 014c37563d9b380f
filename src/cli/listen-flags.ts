/**
 * Address and access control of the daemon's HTTP server. On loopback, without accounts, every user of this machine may
 * read. Another address needs TLS or a proxy, and accounts for the pages, or a token, which gives metrics alone.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { isIP } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import { isLoopback, plainAddress } from '../web/http/host-check.ts';
import { ACCOUNTS_NAME, readAccounts } from '../web/http/accounts/account-file.ts';
import type { AccountOptions } from '../web/http/accounts/account-options.ts';
import type { EventOrigin } from '../output/event/event-origin.ts';
import type { HttpOptions, ListenAddress } from '../web/http/http-options.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { listenAddress, tokenIn } from './run-flags.ts';
import { wholeNumber } from './whole-number.ts';

export interface ListenFlags {
  readonly listen: ListenAddress | 'none';
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly proxy?: string;
  readonly hostName?: readonly string[];
  readonly accounts?: string;
}

const DEFAULT_LISTEN = '127.0.0.1:9464';
const HOST_NAME = /^[a-z0-9._-]{1,253}$/i;
const OTHERS_MASK = 0o077;

export function listenOptions(): Option[] {
  return [
    new Option(
      '--listen <address>',
      'where HTTP is served; none for nowhere; other machines need TLS or a proxy, and accounts or a token',
    )
      .argParser(listenAddress)
      .default(listenAddress(DEFAULT_LISTEN), DEFAULT_LISTEN),
    new Option('--token-file <file>', 'a token that lets other machines read metrics'),
    new Option('--tls-cert <file>', 'certificate chain (PEM): HTTPS in place of HTTP'),
    new Option('--tls-key <file>', 'its private key (PEM), which others may not read'),
    new Option('--proxy <address>', 'address of a proxy that does TLS; no other peer is served').argParser(
      proxyAddress,
    ),
    new Option(
      '--accounts <file>',
      'those who may see the pages and act, made by sluice account (default: accounts.json in the folder of state, where it is)',
    ),
    new Option('--host-name <names...>', 'names that a request may have in Host, besides the address').argParser(
      hostName,
    ),
  ];
}

export function portOption(): Option {
  return new Option('--port <n>', 'port of 127.0.0.1 where the page is served; 0 for any that is free')
    .argParser(wholeNumber(0, 65_535))
    .default(9464);
}

function proxyAddress(value: string): string {
  if (isIP(value) === 0) throw new InvalidArgumentError('It must be an address, like 192.0.2.5.');
  return plainAddress(value);
}

function hostName(value: string, before: readonly string[] | undefined): readonly string[] {
  if (!HOST_NAME.test(value)) throw new InvalidArgumentError('It must be a name without a port, like metrics.example.');
  return [...(before ?? []), value.toLowerCase()];
}

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

function accountsOf({ accounts, isp = '' }: ListenFlags & EventOrigin, folder: string | null): AccountOptions {
  const file = accounts ?? (folder === null ? null : join(folder, ACCOUNTS_NAME));
  return { file, isNamed: accounts !== undefined, oidc: null, isp };
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

function tlsOf({ tlsCert, tlsKey }: ListenFlags): HttpOptions['tls'] {
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
