/**
 * Writes the registry in a process of its own, so that the pages of the desk are served meanwhile. Started with the
 * order as JSON in its argument; answers with one message.
 */
import { readPrivateKey } from '../../rules/signing-key.ts';
import { openDesk } from '../store/desk-database.ts';
import { writeRegistry } from './write-registry.ts';

export interface ExportOrder {
  readonly database: string;
  readonly folder: string;
  /** The private keys that sign it. */
  readonly keyFiles: readonly string[];
  readonly nowMs: number;
  readonly confirmed: string | null;
}

const BUSY_MS = 120_000;

// The desk has ended: the next one writes the registry, and this one must not come after it.
const endWithDesk = (): void => {
  process.exit(1);
};
process.once('disconnect', endWithDesk);

const order = JSON.parse(process.argv[2]!) as ExportOrder;
const database = openDesk(order.database);
// An import may be written meanwhile.
database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
try {
  process.send!(await writeRegistry(database, { ...order, keys: order.keyFiles.map(readPrivateKey) }));
} catch (error) {
  process.send!({ state: 'failed', rows: 0, sha256: '', problem: (error as Error).message });
} finally {
  database.close();
  process.off('disconnect', endWithDesk);
  process.disconnect();
}
