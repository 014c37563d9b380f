/** What sensors say of their rules, and what their rings should run, read again every few seconds. */
import { jetstreamManager } from '@nats-io/jetstream';
import type { FleetLink } from '../fleet/fleet-link.ts';
import { parsePointer, RINGS, type Ring } from '../fleet/rules/ring-pointer.ts';
import { RINGS_STREAM, ringSubject } from '../fleet/rules/rule-buckets.ts';
import type { SensorStatus } from '../fleet/rules/sensor-status.ts';
import { readStatuses } from '../fleet/rules/status-reader.ts';
import type { RulesState } from './sensor-drift.ts';

const EVERY_MS = 5000;

export class FleetRulesView {
  private readonly link: Pick<FleetLink, 'current'>;
  private states = new Map<string, RulesState>();
  private timer: NodeJS.Timeout | null = null;
  private working: Promise<void> | null = null;

  constructor(link: Pick<FleetLink, 'current'>) {
    this.link = link;
  }

  start(): void {
    this.timer = setInterval(() => {
      this.working ??= this.read()
        // Without a connection the last answer stays; the hub says that it has none.
        .catch(() => undefined)
        .finally(() => (this.working = null));
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.working;
  }

  /** Null for a sensor that has said nothing of its rules. */
  of(isp: string, site: string): RulesState | null {
    return this.states.get(`${isp}/${site}`) ?? null;
  }

  private async read(): Promise<void> {
    const manager = await jetstreamManager(this.link.current());
    const wanted = new Map<Ring, RulesState['wanted']>();
    for (const ring of RINGS) {
      const message = await manager.streams.getMessage(RINGS_STREAM, { last_by_subj: ringSubject(ring) });
      const pointer = message === null ? null : parsePointer(message.data).pointer;
      if (message !== null && pointer !== null)
        wanted.set(ring, { version: pointer.version, id: pointer.bundle, sinceMs: message.time.getTime() });
    }
    const statuses = await readStatuses(manager);
    const stateOf = (status: SensorStatus): RulesState => ({ status, wanted: wanted.get(status.ring) ?? null });
    this.states = new Map(statuses.map((status) => [`${status.isp}/${status.site}`, stateOf(status)]));
  }
}
