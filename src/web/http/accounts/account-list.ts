/**
 * The accounts that a running server knows. Each look compares the file's identity with the one that was read, which
 * takes some microseconds, so that a removed account is out with its next request.
 */
import { type BigIntStats, statSync } from 'node:fs';
import type { Log } from '../../../output/log/log.ts';
import type { Account } from './account.ts';
import { readAccounts } from './account-file.ts';
import type { AccountOptions } from './account-options.ts';

export class AccountList {
  private readonly options: Pick<AccountOptions, 'file' | 'isNamed'>;
  private readonly log: Log;
  private accounts: ReadonlyMap<string, Account> = new Map();
  /** Accounts were there once: without the file no one has access. */
  private wasThere: boolean;
  private identity: string | null = null;
  private brokenBy: string | null = null;

  constructor(options: Pick<AccountOptions, 'file' | 'isNamed'>, log: Log) {
    this.options = options;
    this.log = log;
    this.wasThere = options.isNamed;
  }

  /** Pages are for those who sign in. */
  get hasAccounts(): boolean {
    this.look();
    return this.wasThere;
  }

  /** Why no account can be used; null while they can. */
  get problem(): string | null {
    this.look();
    return this.brokenBy;
  }

  get(name: string): Account | null {
    this.look();
    return this.accounts.get(name) ?? null;
  }

  /** Reads the file if it has changed. */
  private look(): void {
    const { file } = this.options;
    if (file === null) return;
    const identity = identityOf(file);
    if (identity === this.identity) return;
    this.identity = identity;
    this.read(file);
  }

  private read(file: string): void {
    const reading = readAccounts(file);
    if (reading.kind === 'none' && !this.wasThere) return;
    this.wasThere = true;
    this.accounts = new Map(reading.kind === 'accounts' ? reading.accounts.map((one) => [one.name, one]) : []);
    const problem = reading.kind === 'broken' ? reading.problem : reading.kind === 'none' ? 'it is not there' : null;
    this.brokenBy = problem;
    if (problem !== null)
      this.log.error({ file, problem }, 'the accounts cannot be used: no one can sign in until the file is mended');
    else this.log.info({ file, accounts: this.accounts.size }, 'accounts read');
  }
}

/** Whatever differs between two files of one path; null for none. */
function identityOf(path: string): string | null {
  let status: BigIntStats | undefined;
  try {
    status = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    return (error as Error).message;
  }
  if (status === undefined) return 'none';
  return `${status.dev}-${status.ino}-${status.size}-${status.mtimeNs}-${status.ctimeNs}-${status.mode}`;
}
