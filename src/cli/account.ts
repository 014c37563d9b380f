/** `sluice account`: adds, lists, changes and removes accounts in the file that a daemon reads. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomInt } from 'node:crypto';
import Table from 'cli-table3';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { ROLE_NAMES, type Role } from '../web/api/route.ts';
import { type Account, changedNow, ispName, NAME_PATTERN, NAME_RULE } from '../web/http/accounts/account.ts';
import { ACCOUNTS_NAME, type AccountReading, readAccounts, writeAccounts } from '../web/http/accounts/account-file.ts';
import { passwordProblem, SHORTEST } from '../web/http/accounts/password-rules.ts';
import { hashPassword } from '../web/http/accounts/password-work.ts';
import { onlyState } from './only-state.ts';
import { promptPassword } from './password-prompt.ts';

export interface AccountFlags {
  readonly accounts?: string;
  readonly state?: string;
}

export interface PasswordFlags extends AccountFlags {
  readonly passwordFile?: string;
  readonly generate?: boolean;
}

export interface ScopeFlags extends AccountFlags {
  readonly isps?: readonly string[];
}

export interface AddFlags extends PasswordFlags, ScopeFlags {
  readonly role: Role;
}

const STANDARD_INPUT = 0;
/** Letters and digits that are not taken for one another: 20 of them are 98 bits. */
const GENERATED_FROM = 'abcdefghjkmnpqrstuvwxyz23456789';
const GENERATED_GROUPS = 5;
const GROUP_LENGTH = 4;

interface Book {
  readonly path: string;
  readonly reading: AccountReading;
  readonly accounts: readonly Account[];
}

export async function addAccount(name: string, flags: AddFlags): Promise<ExitCode> {
  if (!NAME_PATTERN.test(name)) throw new CommandError(`${JSON.stringify(name)}: ${NAME_RULE}`, ExitCode.WRONG_USAGE);
  const isps = ispsOf(flags);
  const book = openBook(flags);
  if (book.accounts.some((one) => one.name === name))
    throw new CommandError(
      `${book.path}: ${name} is there already; sluice account password and sluice account role change it`,
      ExitCode.WRONG_USAGE,
    );
  const hash = await hashPassword(await passwordFor(name, flags));
  write(book, [...book.accounts, changedNow({ name, role: flags.role, isps, hash })]);
  process.stdout.write(`${name} may sign in as ${flags.role}, for ${scopeText(isps)} (${book.path}).\n`);
  return ExitCode.DONE;
}

export function listAccounts(flags: AccountFlags & { readonly json?: boolean }): ExitCode {
  const { accounts, path } = openBook(flags);
  const rows = accounts.map(({ name, role, isps, changed }) => ({ name, role, isps, changed }));
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return ExitCode.DONE;
  }
  if (rows.length === 0) {
    process.stdout.write(`${path} has no account; sluice account add NAME makes one.\n`);
    return ExitCode.DONE;
  }
  const table = new Table({ head: ['name', 'role', 'networks', 'changed'], style: { head: [], border: [] } });
  for (const { name, role, isps, changed } of rows) table.push([name, role, scopeText(isps), changed]);
  process.stdout.write(`${table.toString()}\n`);
  return ExitCode.DONE;
}

export function removeAccount(name: string, flags: AccountFlags): ExitCode {
  const book = openBook(flags);
  find(book, name);
  write(
    book,
    book.accounts.filter((one) => one.name !== name),
  );
  process.stdout.write(`${name} can no longer sign in, and its sessions end.\n`);
  return ExitCode.DONE;
}

export async function setPassword(name: string, flags: PasswordFlags): Promise<ExitCode> {
  const book = openBook(flags);
  find(book, name);
  const hash = await hashPassword(await passwordFor(name, flags));
  change(book, name, { hash });
  process.stdout.write(`${name} has another password, and its sessions end.\n`);
  return ExitCode.DONE;
}

export function setRole(name: string, role: string, flags: ScopeFlags & { readonly allIsps?: boolean }): ExitCode {
  const known = ROLE_NAMES.find((one) => one === role);
  if (known === undefined)
    throw new CommandError(`${role} is no role: it is one of ${ROLE_NAMES.join(', ')}`, ExitCode.WRONG_USAGE);
  if (flags.allIsps === true && flags.isps !== undefined)
    throw new CommandError('account role takes either --isps or --all-isps', ExitCode.WRONG_USAGE);
  const book = openBook(flags);
  const { isps: before } = find(book, name);
  const isps = flags.allIsps === true ? null : flags.isps === undefined ? before : ispsOf(flags);
  change(book, name, { role: known, isps });
  process.stdout.write(`${name} is ${known}, for ${scopeText(isps)}; its sessions end.\n`);
  return ExitCode.DONE;
}

function openBook(flags: AccountFlags): Book {
  const path = flags.accounts ?? join(flags.state ?? onlyState(), ACCOUNTS_NAME);
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CommandError(
      `there is no folder ${folder}: --state FOLDER is the one of the daemon, or --accounts FILE names the file`,
      ExitCode.WRONG_USAGE,
    );
  const reading = readAccounts(path);
  if (reading.kind === 'broken')
    throw new CommandError(
      `${path} cannot be used: ${reading.problem}. It is left as it is; mend it, or move it away and add ` +
        'the accounts again',
      ExitCode.FAILED,
    );
  return { path, reading, accounts: reading.kind === 'accounts' ? reading.accounts : [] };
}

function find({ accounts, path }: Book, name: string): Account {
  const found = accounts.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = accounts.map((one) => one.name).join(', ') || 'none';
  throw new CommandError(`${path} has no account ${name}; it has: ${known}`, ExitCode.WRONG_USAGE);
}

function change(book: Book, name: string, part: Partial<Account>): void {
  write(
    book,
    book.accounts.map((one) => (one.name === name ? changedNow({ ...one, ...part }) : one)),
  );
}

function write({ path, reading }: Book, accounts: readonly Account[]): void {
  try {
    writeAccounts(path, accounts, reading);
  } catch (error) {
    throw new CommandError(`cannot write ${path}: ${(error as Error).message}`, ExitCode.FAILED);
  }
}

function ispsOf({ isps }: ScopeFlags): string[] | null {
  if (isps === undefined) return null;
  const names = [...new Set(isps.flatMap((one) => one.split(',')))];
  const wrong = names.find((one) => !ispName.safeParse(one).success);
  if (wrong !== undefined)
    throw new CommandError(
      `--isps: ${JSON.stringify(wrong)} is no name of --isp, which begins with a letter or digit and has ` +
        'at most 63 letters, digits, - and _',
      ExitCode.WRONG_USAGE,
    );
  return names;
}

function scopeText(isps: readonly string[] | null): string {
  return isps === null ? 'every network' : isps.join(', ');
}

export async function passwordFor(name: string, { passwordFile, generate }: PasswordFlags): Promise<string> {
  if (generate === true) {
    const password = generated();
    process.stdout.write(`The password is ${password}\nIt is shown this once.\n`);
    return password;
  }
  const password = passwordFile === undefined ? await promptPassword(name, SHORTEST) : passwordIn(passwordFile);
  const problem = passwordProblem(password, name);
  if (problem !== null) throw new CommandError(`this password is not taken: ${problem}`, ExitCode.WRONG_USAGE);
  return password;
}

function passwordIn(file: string): string {
  try {
    return readFileSync(file === '-' ? STANDARD_INPUT : file, 'utf8').split(/\r?\n/, 1)[0]!;
  } catch (error) {
    throw new CommandError(`cannot read the password ${file}: ${(error as Error).message}`, ExitCode.WRONG_USAGE);
  }
}

function generated(): string {
  const group = (): string =>
    Array.from({ length: GROUP_LENGTH }, () => GENERATED_FROM[randomInt(GENERATED_FROM.length)]!).join('');
  return Array.from({ length: GENERATED_GROUPS }, group).join('-');
}
