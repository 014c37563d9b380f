/**
 * Keeps the ledger of leases in the fleet, in a key-value bucket. Each write states the revision before it, so of two
 * hubs only one lends: the other's write is refused. Another hub takes over only from a ledger that is not written.
 */
import type { JetStreamManager } from '@nats-io/jetstream';
import { FleetError } from '../fleet-link.ts';
import { type Ledger, parseLedger } from './lease-message.ts';

export const LEASES_BUCKET = 'sluice-leases';
const STREAM = `KV_${LEASES_BUCKET}`;
const SUBJECT = `$KV.${LEASES_BUCKET}.ledger`;
/** The hub that lends writes once a second. */
const GIVEN_UP_MS = 5000;

export interface KeptLedger {
  /** Null for none yet. */
  readonly ledger: Ledger | null;
  readonly revision: number;
}

/** The ledger that is kept. Rejects with FleetError where it cannot be used. */
async function readLedger(manager: JetStreamManager): Promise<KeptLedger> {
  const message = await manager.streams.getMessage(STREAM, { last_by_subj: SUBJECT });
  if (message === null) return { ledger: null, revision: 0 };
  const ledger = parseLedger(message.data);
  if (ledger === null)
    throw new FleetError(`what is kept in the bucket ${LEASES_BUCKET} is no ledger: purge it when no lease is left`);
  return { ledger, revision: message.seq };
}

/** Writes the ledger after a revision; resolves to its own. Rejects if another hub has written, or it is not known. */
export async function writeLedger(manager: JetStreamManager, ledger: Ledger, revision: number): Promise<number> {
  const bytes = new TextEncoder().encode(JSON.stringify(ledger));
  const options = { expect: { lastSubjectSequence: revision }, timeout: 2000 };
  return (await manager.jetstream().publish(SUBJECT, bytes, options)).seq;
}

/** Watches the ledger of another hub, until that no longer writes. */
export class LedgerWatch {
  private revision = -1;
  private sinceMs = 0;

  /** The ledger, once it was not written for a while; null before. */
  async look(manager: JetStreamManager, nowMs: number): Promise<KeptLedger | null> {
    const kept = await readLedger(manager);
    if (kept.revision !== this.revision) this.sinceMs = nowMs;
    this.revision = kept.revision;
    return kept.revision === 0 || nowMs - this.sinceMs >= GIVEN_UP_MS ? kept : null;
  }
}
