/** Parsers for the daemon's flags: listen addresses, sizes, durations. */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { parseDuration, parseBytes } from '../policy/action.ts';
import type { ListenAddress } from '../web/http/http-options.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';

/** A whole Ethernet frame fits. The kernel reserves this size per waiting packet, two per page. */
export const DEFAULT_SNAPLEN = 1920;
export const DEFAULT_KERNEL_BUFFER = 128_000_000;
const MICROS_PER_MILLISECOND = 1000;
const SHORTEST_TOKEN = 16;

/**
 * `127.0.0.1:9464`, `[::1]:9464`, `:9464` for every address of this machine; `none`, because commander would not keep
 * null.
 */
export function listenAddress(value: string): ListenAddress | 'none' {
  if (value === 'none') return 'none';
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(value);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new InvalidArgumentError('It must be HOST:PORT, [IPV6]:PORT, :PORT or none.');
  return { host: match[1] ?? (match[2] === '' ? '::' : match[2]!), port };
}

/** Milliseconds of `5s`, `1h`; `never` is Infinity. */
export function duration(value: string): number {
  if (value === 'never') return Infinity;
  const milliseconds = parseDuration(value) / MICROS_PER_MILLISECOND;
  if (!(milliseconds >= 0))
    throw new InvalidArgumentError('It must be a duration like 500ms, 10s, 5m, 1h, 1d, or never.');
  return milliseconds;
}

/** Milliseconds of a finite duration. */
export function finiteDuration(value: string): number {
  const milliseconds = duration(value);
  if (milliseconds === Infinity) throw new InvalidArgumentError('It must be a duration like 12h or 7d.');
  return milliseconds;
}

/** Bytes of `100MB`; `never` is Infinity. */
export function size(value: string): number {
  if (value === 'never') return Infinity;
  const bytes = parseBytes(value);
  if (!(bytes > 0)) throw new InvalidArgumentError('It must be a size like 64kB, 100MB, 1GB, or never.');
  return bytes;
}

/** The URL of a webhook. */
export function webhook(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new InvalidArgumentError('It must be a URL that begins with http:// or https://.');
}

/** The token in a file. */
export function tokenIn(path: string | undefined): string | null {
  if (path === undefined) return null;
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CommandError(`cannot read the token ${path}: ${(error as Error).message}`, ExitCode.WRONG_USAGE);
  }
  if (token.length >= SHORTEST_TOKEN && !/\s/.test(token)) return token;
  throw new CommandError(
    `the token in ${path} must have at least ${SHORTEST_TOKEN} characters and no spaces; for example: ` +
      `openssl rand -hex 32 > ${path}`,
    ExitCode.WRONG_USAGE,
  );
}
