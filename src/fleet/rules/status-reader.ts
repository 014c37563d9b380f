/** Reads what the sensors of a fleet said last. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { STATUS_STREAM } from '../subjects.ts';
import { parseSensorRules, type SensorStatus } from './sensor-status.ts';

const MS_PER_NANOSECOND = 1e-6;

/** By isp and site. Messages that are no status are left out. */
export async function readStatuses(manager: JetStreamManager): Promise<SensorStatus[]> {
  const { state } = await manager.streams.info(STATUS_STREAM);
  const found: SensorStatus[] = [];
  if (state.messages === 0) return found;
  const consumer = await manager.jetstream().consumers.get(STATUS_STREAM);
  for await (const message of await consumer.consume()) {
    const [, , isp = '', site = ''] = message.subject.split('.');
    const status = parseSensorRules(message.string());
    const seenMs = message.info.timestampNanos * MS_PER_NANOSECOND;
    if (status !== null) found.push({ ...status, isp, site, seen_ms: seenMs });
    if (message.seq >= state.last_seq || message.info.pending === 0) break;
  }
  const byName = (a: SensorStatus, b: SensorStatus): number =>
    a.isp.localeCompare(b.isp) || a.site.localeCompare(b.site);
  return found.sort(byName);
}
