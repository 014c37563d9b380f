/** `sluice desk`: serves the registration desk, and works on its folder of state. */
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { parseInstant } from '../core/iso-time.ts';
import { backUp, restore } from '../desk/backup.ts';
import { fillDemo } from '../desk/demo.ts';
import { Desk, openState } from '../desk/desk.ts';
import { differenceOf } from '../desk/export/difference.ts';
import { registryText } from '../desk/export/registry-text.ts';
import { STAFF_ROLES } from '../desk/model/role.ts';
import { writeAccount } from '../desk/store/account-store.ts';
import { addDeed } from '../desk/store/history.ts';
import { flushLog, openLog } from '../output/log/log.ts';
import { NAME_PATTERN, NAME_RULE } from '../web/http/accounts/account.ts';
import { NO_ACCOUNTS } from '../web/http/accounts/account-options.ts';
import { hashPassword } from '../web/http/accounts/password-work.ts';
import { isLoopback } from '../web/http/host-check.ts';
import type { HttpOptions, ListenAddress } from '../web/http/http-options.ts';
import { passwordFor, type PasswordFlags } from './account.ts';
import { oidcOf, tlsOf } from './listen-choice.ts';

export interface DeskFlags {
  readonly state: string;
  readonly out?: string;
  readonly listen: ListenAddress | 'none';
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly proxy?: string;
  readonly hostName?: readonly string[];
  readonly oidc?: string;
  readonly decisions?: string;
  readonly smtp?: string;
  readonly mailFrom?: string;
  readonly demo?: boolean;
}

/** The style sheet, the script, the icon and the font lie beside the program. */
const ASSETS = fileURLToPath(new URL('.', import.meta.url));
const FLUSH_MS = 1000;
const MICROS_PER_MS = 1000;

export async function runDesk(flags: DeskFlags): Promise<ExitCode> {
  const http = httpOf(flags);
  const log = openLog('info');
  const state = flags.demo === true ? mkdtempSync(join(tmpdir(), 'sluice-desk-')) : flags.state;
  try {
    const oidc = oidcOf(flags.oidc, { roleNames: STAFF_ROLES, scopedRoles: ['isp'] });
    const desk = opened(
      () =>
        new Desk(
          {
            state,
            out: flags.out ?? join(state, 'registry'),
            http,
            assets: ASSETS,
            mail: mailOf(flags),
            oidc,
            decisions: flags.decisions ?? null,
          },
          log,
        ),
    );
    if (flags.demo === true) {
      const password = randomBytes(9).toString('base64url');
      await fillDemo(desk.database, password, Date.now());
      process.stdout.write(
        `Accounts: admin, anna and boris (reviewers), auditor, northnet, southtel.\nPassword: ${password}\n`,
      );
    } else if (!desk.hasAdministrator)
      process.stdout.write(`There is no administrator yet: sluice desk admin NAME --state ${state}\n`);
    const signal = stopSignal();
    const { host, port } = await desk.start().catch((error: unknown) => {
      throw new CommandError(`the desk cannot be served: ${(error as Error).message}`, ExitCode.FAILED);
    });
    const shown = host.includes(':') ? `[${host}]` : host;
    process.stdout.write(`The desk is at ${http.tls === null ? 'http' : 'https'}://${shown}:${port}/ until Ctrl-C.\n`);
    await signal;
    await desk.stop();
    await flushLog(log, FLUSH_MS);
    return ExitCode.DONE;
  } finally {
    if (flags.demo === true) rmSync(state, { recursive: true, force: true });
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
}

function httpOf(flags: DeskFlags): HttpOptions {
  const { listen, proxy = null, hostName: names = [] } = flags;
  if (listen === 'none') throw new CommandError('--listen none: a desk is served somewhere', ExitCode.WRONG_USAGE);
  const tls = tlsOf(flags);
  const isRemote = !isLoopback(listen.host) || proxy !== null;
  if (isRemote && tls === null && proxy === null)
    throw new CommandError(
      `--listen ${listen.host}:${listen.port}: other machines are not served without TLS (--tls-cert, --tls-key) or ` +
        'a proxy that does it (--proxy ADDRESS)',
      ExitCode.WRONG_USAGE,
    );
  if (isRemote && flags.demo === true)
    throw new CommandError('--demo is served on this machine alone', ExitCode.WRONG_USAGE);
  return {
    listen,
    token: null,
    isRemote,
    tls,
    proxy,
    names: names.map((one) => one.toLowerCase()),
    accounts: NO_ACCOUNTS,
  };
}

function mailOf({ smtp, mailFrom }: DeskFlags): { readonly smtp: string; readonly from: string } | null {
  if (smtp === undefined && mailFrom === undefined) return null;
  if (smtp === undefined || mailFrom === undefined)
    throw new CommandError('--smtp and --mail-from belong together', ExitCode.WRONG_USAGE);
  if (!URL.canParse(smtp) || !['smtp:', 'smtps:'].includes(new URL(smtp).protocol))
    throw new CommandError(`--smtp ${smtp}: write it like smtp://mail.example:587`, ExitCode.WRONG_USAGE);
  return { smtp, from: mailFrom };
}

export async function addAdministrator(
  name: string,
  flags: PasswordFlags & { readonly state: string },
): Promise<ExitCode> {
  if (!NAME_PATTERN.test(name)) throw new CommandError(`${JSON.stringify(name)}: ${NAME_RULE}`, ExitCode.WRONG_USAGE);
  const hash = await hashPassword(await passwordFor(name, flags));
  const { database } = opened(() => openState(flags.state));
  writeAccount(database, { name, role: 'admin', isps: [], hash }, Date.now());
  addDeed(database, {
    atMs: Date.now(),
    actor: 'this machine',
    role: 'admin',
    what: 'write-account',
    fields: { name },
  });
  database.close();
  process.stdout.write(`${name} may sign in as administrator.\n`);
  return ExitCode.DONE;
}

export function exportDesk({ state, at }: { readonly state: string; readonly at?: string }): ExitCode {
  const { database } = opened(() => openState(state));
  const atMs = at === undefined ? Date.now() : timeOf('--at', at);
  for (const { text } of registryText(database, atMs)) process.stdout.write(text);
  database.close();
  return ExitCode.DONE;
}

export function deskDifference(from: string, until: string, state: string): ExitCode {
  const { database } = opened(() => openState(state));
  process.stdout.write('change,prefix,holder,reference,valid_from,valid_until\n');
  for (const one of differenceOf(database, timeOf('<from>', from), timeOf('<until>', until))) {
    const holder = `"${one.holder.replaceAll('"', '""')}"`;
    process.stdout.write(
      `${[one.change, one.prefix, holder, one.reference, one.validFrom, one.validUntil].join(',')}\n`,
    );
  }
  database.close();
  return ExitCode.DONE;
}

export function backUpDesk(folder: string, state: string): ExitCode {
  opened(() => {
    backUp(state, folder);
  });
  process.stdout.write(`${folder} has a copy of ${state}.\n`);
  return ExitCode.DONE;
}

export function restoreDesk(backup: string, state: string): ExitCode {
  opened(() => {
    restore(backup, state);
  });
  process.stdout.write(`${state} is as ${backup} was.\n`);
  return ExitCode.DONE;
}

function timeOf(flag: string, text: string): number {
  const time = parseInstant(text);
  if (!Number.isNaN(time)) return time / MICROS_PER_MS;
  throw new CommandError(
    `${flag} ${text}: write a time with its zone, like 2026-11-24T18:00:00+05:00`,
    ExitCode.WRONG_USAGE,
  );
}

function opened<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CommandError((error as Error).message, ExitCode.FAILED);
  }
}
