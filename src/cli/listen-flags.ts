/** The flags of the daemon's HTTP server: its address, TLS, a proxy, and those who may read. */
import { isIP } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import { plainAddress } from '../web/http/host-check.ts';
import type { ListenAddress } from '../web/http/http-options.ts';
import { listenAddress } from './run-flags.ts';
import { wholeNumber } from './whole-number.ts';

export interface ListenFlags {
  readonly listen: ListenAddress | 'none';
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly proxy?: string;
  readonly hostName?: readonly string[];
  readonly accounts?: string;
  readonly oidc?: string;
}

const DEFAULT_LISTEN = '127.0.0.1:9464';
const HOST_NAME = /^[a-z0-9._-]{1,253}$/i;

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
      'those who may see the pages and act, made by sluice account (default: accounts.json in the folder ' +
        'of state, where it is)',
    ),
    new Option('--oidc <file>', 'a provider of OpenID Connect at which users sign in (deploy/reference/CONSOLE.md)'),
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

export function proxyAddress(value: string): string {
  if (isIP(value) === 0) throw new InvalidArgumentError('It must be an address, like 192.0.2.5.');
  return plainAddress(value);
}

function hostName(value: string, before: readonly string[] | undefined): readonly string[] {
  if (!HOST_NAME.test(value)) throw new InvalidArgumentError('It must be a name without a port, like metrics.example.');
  return [...(before ?? []), value.toLowerCase()];
}
