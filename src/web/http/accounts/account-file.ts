/**
 * The file of the accounts. It is replaced as a whole: written beside it, synced and renamed. Only its owner may read
 * it. A file that is broken, or that others may read, is never replaced and gives no account.
 */
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { checked } from '../schema-check.ts';
import { type Account, accountFile } from './account.ts';
import { syncFolder } from '../../../output/sync-folder.ts';

export const ACCOUNTS_NAME = 'accounts.json';

const OWNER_ONLY = 0o600;
const OTHERS_MASK = 0o077;
const LARGEST_BYTES = 10_000_000;
const ROOT = 0;

export type AccountReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'accounts'; readonly accounts: readonly Account[]; readonly text: string }
  | { readonly kind: 'broken'; readonly problem: string };

export function readAccounts(path: string): AccountReading {
  let text: string;
  try {
    const status = statSync(path);
    // A pipe would be waited for.
    if (!status.isFile()) return broken('it is not a file');
    if (status.size > LARGEST_BYTES) return broken(`it has more than ${LARGEST_BYTES} bytes`);
    if ((status.mode & OTHERS_MASK) !== 0) return broken(`others may read it: chmod 600 ${path}`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { kind: 'none' } : broken(`it cannot be read: ${message}`);
  }
  return accountsIn(text);
}

function accountsIn(text: string): AccountReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return broken('it is not JSON');
  }
  const parsed = checked(accountFile, value, 'it');
  if ('problem' in parsed) return broken(parsed.problem);
  const { accounts } = parsed.data;
  const names = accounts.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? { kind: 'accounts', accounts, text } : broken(`the account ${twice} is there twice`);
}

function broken(problem: string): AccountReading {
  return { kind: 'broken', problem };
}

/**
 * Replaces the file. `before`: its reading, from which the accounts were made. Throws if the file has changed since,
 * and with the system's error.
 */
export function writeAccounts(path: string, accounts: readonly Account[], before: AccountReading): void {
  const beside = `${path}.new-${randomBytes(8).toString('hex')}`;
  const text = `${JSON.stringify({ schema: 1, accounts }, null, 2)}\n`;
  try {
    const descriptor = openSync(beside, 'wx', OWNER_ONLY);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    giveToDaemon(beside, path);
    const now = readAccounts(path);
    if (now.kind !== before.kind || (now.kind === 'accounts' && now.text !== (before as typeof now).text))
      throw new Error('it was changed at the same time; nothing was written: try again');
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Root makes accounts for a daemon that runs as another user: its file, or else its folder, says which. */
function giveToDaemon(beside: string, path: string): void {
  if (process.getuid?.() !== ROOT) return;
  const { uid, gid } = statSync(path, { throwIfNoEntry: false }) ?? statSync(dirname(path));
  chownSync(beside, uid, gid);
}
