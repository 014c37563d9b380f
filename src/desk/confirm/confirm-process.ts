/**
 * Writes a confirmed import in a process of its own, because thousands of rows in one transaction take seconds. Started
 * with the order as JSON in its argument; answers with one message. Where the desk ends, the transaction is given up.
 */
import { openDesk } from '../store/desk-database.ts';
import { DeedRefused } from '../work/act.ts';
import { type Confirmation, confirmImport } from './confirm-import.ts';

export interface ConfirmOrder extends Confirmation {
  readonly database: string;
}

/** `refused`: a text for the reviewer, with a status of HTTP. `failed`: a text for the log. */
export type ConfirmAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly status: number; readonly problem: string }
  | { readonly kind: 'failed'; readonly problem: string };

const endWithDesk = (): void => {
  process.exit(1);
};
process.once('disconnect', endWithDesk);

function answerTo({ database: path, ...confirmation }: ConfirmOrder): ConfirmAnswer {
  const database = openDesk(path);
  try {
    confirmImport(database, confirmation);
    return { kind: 'done' };
  } catch (error) {
    if (error instanceof DeedRefused) return { kind: 'refused', status: error.status, problem: error.message };
    return { kind: 'failed', problem: (error as Error).stack ?? (error as Error).message };
  } finally {
    database.close();
  }
}

process.send!(answerTo(JSON.parse(process.argv[2]!) as ConfirmOrder));
process.off('disconnect', endWithDesk);
process.disconnect();
