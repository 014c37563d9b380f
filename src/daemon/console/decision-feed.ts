/**
 * Hands decisions to the history process, which keeps the newest ones for the console's pages. An event is written once
 * where the event log shows addresses alike. Where each flow of a decision lies is noted here, so that its state now
 * can be shown.
 */
import { findingStage } from '../../dataplane/host/finding.ts';
import type { LinkIdentity } from '../../dataplane/host/link-identity.ts';
import type { DecisionSink } from '../../decision/decision-sink.ts';
import type { Rules } from '../../decision/rules.ts';
import { DecisionBatches } from '../../history/collect/decision-batches.ts';
import type { EarlierLog } from '../../history/recent/earlier-log.ts';
import type { HistoryClient } from '../../history/process/history-client.ts';
import { ACTION_NAMES, Action } from '../../policy/action.ts';
import { noteRules, tracedRules } from '../../policy/rule-trace.ts';
import type { AddressForm } from '../../output/event/address-forms.ts';
import { contextOf } from '../../output/event/event-context.ts';
import { EventLines } from '../../output/event/event-line.ts';
import type { PacketFiles } from '../../output/event/packet-files.ts';
import { type ShowAddress, showAddresses } from '../../output/event/shown-address.ts';
import type { RunEngine } from '../daemon-engine.ts';
import type { RunOutputs } from '../outputs.ts';

export interface RecentOptions {
  /** Decisions that are kept. */
  readonly most: number;
  /** Decisions that are taken a second at most; Infinity for all. */
  readonly perSecond: number;
  /** As the source takes packets to flows. */
  readonly linkIdentity: LinkIdentity;
}

/** How the console shows addresses, which may be otherwise than in the event log. */
export interface ShownAddresses {
  readonly form: AddressForm;
  readonly show: ShowAddress;
}

/** Where the flow of a decision lies in the flow table, unless the row has another one by now. */
export interface FlowPlace {
  readonly slot: number;
  readonly firstPacket: number;
}

const ALLOW = ACTION_NAMES[Action.ALLOW];
/** Decisions that may wait for the process: two batches of a live source, all of captures that are read at once. */
const MOST_WAITING = 2000;

/** Without accounts anybody on this machine sees the pages, so addresses are truncated, unless they are pseudonyms. */
export function consoleAddresses(form: AddressForm, show: ShowAddress, hasAccounts: boolean): ShownAddresses {
  return hasAccounts || form !== 'plain' ? { form, show } : { form: 'truncated', show: showAddresses('truncated') };
}

export class DecisionFeed {
  readonly batches: DecisionBatches;
  readonly addresses: ShownAddresses;
  private readonly options: RecentOptions;
  private readonly outputs: RunOutputs;
  readonly files: PacketFiles;
  /** The event log has the lines that are needed here. */
  private readonly isShared: boolean;
  private readonly slots: Int32Array;
  private readonly firstPackets: Float64Array;
  private readonly client: HistoryClient;
  /** The log of decisions as it was at the start; null where there is none to read. */
  private earlier: EarlierLog | null = null;
  /** The process is to read it. */
  private wantsEarlier = false;
  /** Processes that have ended by themselves so far. */
  private restarts = 0;
  private engine: RunEngine | null = null;
  private rules: Rules | null = null;
  private generation = 0;
  private lines: EventLines | null = null;

  /** `show`: how the event log shows addresses. */
  constructor(
    options: RecentOptions,
    addresses: ShownAddresses,
    show: ShowAddress,
    client: HistoryClient,
    outputs: RunOutputs,
    files: PacketFiles,
  ) {
    this.options = options;
    this.addresses = addresses;
    this.client = client;
    this.outputs = outputs;
    this.files = files;
    this.isShared = addresses.show === show;
    this.slots = new Int32Array(options.most);
    this.firstPackets = new Float64Array(options.most);
    this.batches = new DecisionBatches({
      limits: { most: options.most, addresses: addresses.form },
      perSecond: options.perSecond,
      mostWaiting: options.perSecond === Infinity ? options.most : MOST_WAITING,
      send: (batch) => client.askRecent({ what: 'decided', batch }),
      now: () => performance.now(),
    });
  }

  get linkIdentity(): LinkIdentity {
    return this.options.linkIdentity;
  }

  /** To be called when the log of decisions is open, and has nothing of this run. */
  begin(engine: RunEngine): void {
    this.engine = engine;
    this.useRules(engine.rules);
    const { decisionsFile: file, origin } = this.outputs;
    if (file === null) return;
    const { inode, octets: end } = file.position;
    this.earlier = { path: file.name, inode, end, origin };
  }

  /**
   * Has the process read the decisions from before the start. Pseudonyms of an earlier run may be by another key, or
   * clear addresses, and nothing in a line says so: they are not read.
   */
  readEarlier(): void {
    this.wantsEarlier = this.canReadEarlier;
    void this.flush();
  }

  private get canReadEarlier(): boolean {
    return this.earlier !== null && this.addresses.form !== 'pseudonym';
  }

  readonly decided: NonNullable<DecisionSink['decided']> = (flow, decision, timeUs, packet) => {
    const { batches, engine, options } = this;
    if (engine === null) return;
    const isHit = decision.action !== ALLOW;
    if (!batches.takes(isHit)) return;
    const { rules } = engine;
    if (rules !== this.rules) this.useRules(rules);
    const place = batches.made % options.most;
    this.slots[place] = flow.slot;
    this.firstPackets[place] = flow.firstPacket;
    const shared = this.isShared ? this.outputs.decisionLine : null;
    const line = shared ?? this.lines!.decision(this.files.current, flow, decision, timeUs, packet);
    const held = isHit && rules.mode === 'enforce' && engine.admission.refuses(findingStage(flow.finding));
    const tried = noteRules(rules.policy, engine.decisions.input);
    const otherProtocol = engine.decisions.isRegisteredOtherwise;
    batches.add({ generation: this.generation, held, otherProtocol, tried }, line);
  };

  /** Sends what waits; to be called a few times a second, and before a question. */
  async flush(): Promise<void> {
    const { restarts } = this.client;
    if (restarts !== this.restarts) {
      this.restarts = restarts;
      this.batches.beginAgain();
      this.wantsEarlier = this.canReadEarlier;
    }
    await this.batches.flush();
    await this.askEarlier();
  }

  /** Where the flow of a decision was; null if too many decisions have been made since. */
  placeOf(number: number): FlowPlace | null {
    const { most } = this.options;
    const { made } = this.batches;
    if (number < 1 || number > made || number <= made - most) return null;
    return { slot: this.slots[number % most]!, firstPacket: this.firstPackets[number % most]! };
  }

  private async askEarlier(): Promise<void> {
    const { earlier: log, options, addresses } = this;
    if (!this.wantsEarlier || log === null) return;
    this.wantsEarlier = false;
    const limits = { most: options.most, addresses: addresses.form };
    await this.client.askRecent({ what: 'earlier', log, limits }).catch(() => {
      // The process is starting, or busy: the next flush asks again.
      this.wantsEarlier = true;
    });
  }

  private useRules(rules: Rules): void {
    this.rules = rules;
    this.generation++;
    const { policy, registry, mode } = rules;
    const context = contextOf(rules);
    this.lines = new EventLines(this.addresses.show, context);
    this.batches.useRules({
      generation: this.generation,
      policy: policy.name,
      policySha256: policy.sha256,
      registrySha256: registry.sha256,
      mode,
      rules: tracedRules(policy, this.addresses.form !== 'plain'),
    });
  }
}
