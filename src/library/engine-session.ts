/** The library's session over the engine. Its tracker is used for one capture after the other. */
import { AssemblyTracker } from '../dataplane/host/assembly-tracker.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import type { Rules } from '../decision/rules.ts';
import { EventFields } from '../output/event/event-fields.ts';
import { showAddresses } from '../output/event/shown-address.ts';
import { CaptureEvents } from './capture-events.ts';
import { checkName } from './check-name.ts';
import { EventQueue } from './event-queue.ts';
import { EventSink } from './event-sink.ts';
import type { DecisionEvent, FlowEvent, Mode } from './events.ts';
import { PacketEvents } from './packet-events.ts';
import { type EventRun, QueuedReading, type ReadingOwner } from './queued-reading.ts';
import type { PacketBatches, PacketOptions, Reading, ReadOptions, Session } from './session.ts';
import { SluiceError } from './sluice-error.ts';

/** A reading's events if all kinds are asked for. */
type AnyEvent = DecisionEvent | FlowEvent;

type Flows = NonNullable<ReadOptions['flows']>;

type MakeRun = (sink: EventSink, settle: () => Promise<boolean>) => EventRun;

export class EngineSession implements Session, ReadingOwner {
  readonly policy: Session['policy'];
  readonly registry: Session['registry'];
  readonly mode: Mode;
  private readonly rules: Rules;
  private readonly fields: EventFields;
  private readonly maxFlows: number;
  private readonly linkIdentity: LinkIdentity;
  /** Null before the first reading, and after one that failed and left flows in it. */
  private tracker: AssemblyTracker | null = null;
  private current: QueuedReading<unknown> | null = null;
  private isClosed = false;

  constructor(rules: Rules, maxFlows: number, linkIdentity: LinkIdentity) {
    const { policy, registry, mode } = rules;
    this.policy = { name: policy.name, sha256: policy.sha256, rules: policy.rules.length };
    this.registry = { sha256: registry.sha256, entries: registry.count };
    this.mode = mode;
    this.rules = rules;
    this.fields = new EventFields(showAddresses('plain'), {
      policy: { name: policy.name, sha256: policy.sha256 },
      registry: { sha256: registry.sha256 },
    });
    this.maxFlows = maxFlows;
    this.linkIdentity = linkIdentity;
  }

  read(capture: string | readonly string[], options: { readonly flows?: 'none' }): Reading<DecisionEvent>;
  read(capture: string | readonly string[], options?: ReadOptions): Reading<AnyEvent>;
  read(capture: string | readonly string[], { flows = 'none' }: ReadOptions = {}): Reading<AnyEvent> {
    const files = typeof capture === 'string' ? [capture] : capture;
    return this.reading(
      flows,
      (sink, settle) => new CaptureEvents(files, this.rules, () => this.emptyTracker(), sink, settle),
    );
  }

  take(packets: PacketBatches, options: { readonly flows?: 'none'; readonly name?: string }): Reading<DecisionEvent>;
  take(packets: PacketBatches, options?: PacketOptions): Reading<AnyEvent>;
  take(packets: PacketBatches, { flows = 'none', name = 'packets' }: PacketOptions = {}): Reading<AnyEvent> {
    return this.reading(
      flows,
      (sink, settle) => new PacketEvents(packets, name, this.rules, () => this.emptyTracker(), sink, settle),
    );
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.current?.stop();
    this.tracker = null;
  }

  begin(reading: QueuedReading<unknown>): void {
    if (this.isClosed) throw new SluiceError('wrong-use', 'the session is closed');
    if (this.current !== null)
      throw new SluiceError('wrong-use', 'the session reads another capture: end that iteration first');
    this.current = reading;
  }

  end(failed: boolean): void {
    this.current = null;
    if (failed) this.tracker = null;
  }

  private reading(flows: Flows, makeRun: MakeRun): Reading<AnyEvent> {
    checkName('flows', flows, ['none', 'vpn', 'all'] satisfies Flows[]);
    const queue = new EventQueue<AnyEvent>();
    const sink = new EventSink(queue, this.fields, flows);
    return new QueuedReading(
      this,
      queue,
      makeRun(sink, () => queue.settle()),
    );
  }

  private emptyTracker(): AssemblyTracker {
    return (this.tracker ??= new AssemblyTracker(this.maxFlows, this.linkIdentity));
  }
}
