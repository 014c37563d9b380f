/** Does what a form asks once for each key of a form, however often the form arrives. */
import { inTransaction } from '../../history/store/transaction.ts';
import { isSecret } from '../model/reference.ts';
import { type DeskDatabase, run } from '../store/desk-database.ts';
import { submitted } from '../store/submission.ts';
import { DeedRefused } from './act.ts';

/** False where a form with this key has done its work before. Throws DeedRefused for a form without a key. */
export function once(
  database: DeskDatabase,
  key: string,
  application: number,
  atMs: number,
  work: () => void,
): boolean {
  if (!isSecret(key)) throw new DeedRefused({ status: 400, problem: 'the form has no key: load its page again' });
  return inTransaction(database, () => {
    if (submitted(database, key) !== null) return false;
    run(database, 'INSERT INTO submission (key, application, at_ms) VALUES (?, ?, ?)', key, application, atMs);
    work();
    return true;
  });
}
