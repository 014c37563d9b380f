/** Where flows are tracked: in the deciding thread or in workers. An engine is used for one capture after the other. */
import type { EvidenceLog } from '../dataplane/fingerprint/evidence.ts';
import { FingerprintSet } from '../dataplane/fingerprint/fingerprint-set.ts';
import { FlowTable } from '../dataplane/flow/flow-table.ts';
import type { LinkIdentity } from '../dataplane/wire/link-identity.ts';
import type { DecisionPort } from '../decision/decision-port.ts';
import { type PacketPipeline, type PacketSink, Pipeline } from './pipeline.ts';

export interface FlowEngine<P extends PacketPipeline = PacketPipeline> {
  /** The flows that are decided, and where their evidence is. */
  readonly table: FlowTable;
  readonly evidenceLog: EvidenceLog;
  /** The way of one capture's packets; the one before must be finished. */
  pipeline(decisions: DecisionPort, packetSink: PacketSink | null): P;
}

/** All in one thread. */
export class OneThread implements FlowEngine<Pipeline> {
  readonly table: FlowTable;
  private readonly fingerprints = new FingerprintSet();
  private readonly linkIdentity: LinkIdentity;

  constructor(flowCapacity: number, linkIdentity: LinkIdentity) {
    this.table = new FlowTable(flowCapacity);
    this.linkIdentity = linkIdentity;
  }

  get evidenceLog(): EvidenceLog {
    return this.fingerprints.evidenceLog;
  }

  pipeline(decisions: DecisionPort, packetSink: PacketSink | null): Pipeline {
    return new Pipeline(this.table, this.fingerprints, decisions, packetSink, this.linkIdentity);
  }
}
