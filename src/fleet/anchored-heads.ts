/** The heads of a sensor's chain that are anchored in the fleet's stream: each batch of its log states one. */
import type { NatsConnection } from '@nats-io/transport-node';
import { NO_ENTRY } from '../output/log/chain/chain-entry.ts';
import { type FleetAddress, FleetError, optionsOf } from './fleet-link.ts';
import { EVENTS_STREAM, eventsSubject, HEADERS } from './subjects.ts';

const HEAD = /^[0-9a-f]{64}$/;

export interface AnchoredHeads {
  /** Distinct heads, in the order in which they were anchored. */
  readonly heads: readonly string[];
  /** Messages of the sensor that were read. */
  readonly messages: number;
}

/** Reads the headers of all messages of a sensor. Rejects with FleetError where the stream cannot be read. */
export async function readAnchoredHeads(address: FleetAddress, isp: string, site: string): Promise<AnchoredHeads> {
  const { connect } = await import('@nats-io/transport-node');
  let connection: NatsConnection | null = null;
  try {
    connection = await connect({ ...optionsOf(address, 'sluice verify'), reconnect: false });
    return await readHeads(connection, eventsSubject(isp, site));
  } catch (error) {
    throw new FleetError(`the stream cannot be read: ${(error as Error).message}`, { cause: error });
  } finally {
    await connection?.close();
  }
}

async function readHeads(connection: NatsConnection, subject: string): Promise<AnchoredHeads> {
  const { jetstreamManager } = await import('@nats-io/jetstream');
  const manager = await jetstreamManager(connection);
  const last = await manager.streams.getMessage(EVENTS_STREAM, { last_by_subj: subject });
  if (last === null) return { heads: [], messages: 0 };
  const consumer = await manager.jetstream().consumers.get(EVENTS_STREAM, {
    filter_subjects: subject,
    headers_only: true,
  });
  const heads = new Set<string>();
  let messages = 0;
  for await (const message of await consumer.consume()) {
    const head = message.headers?.get(HEADERS.head) ?? '';
    if (HEAD.test(head) && head !== NO_ENTRY) heads.add(head);
    messages++;
    if (message.seq >= last.seq) break;
  }
  return { heads: [...heads], messages };
}
