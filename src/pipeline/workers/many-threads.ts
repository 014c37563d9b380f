/** The engine whose flows are followed in threads of shards. */
import type { FlowEngine } from '../flow-engine.ts';
import type { DecisionPort } from '../../decision/decision-port.ts';
import type { PacketPipeline, PacketSink } from '../pipeline.ts';
import { EvidenceLog } from '../../dataplane/fingerprint/evidence.ts';
import { FlowTable } from '../../dataplane/flow/flow-table.ts';
import type { LinkIdentity } from '../../dataplane/wire/link-identity.ts';
import { VpnFlowTable } from './vpn-flow-table.ts';
import type { ShardPool } from './shard-pool.ts';
import { ShardedPipeline } from './sharded-pipeline.ts';

export class ManyThreads implements FlowEngine {
  readonly table: FlowTable;
  readonly evidenceLog = new EvidenceLog();
  private readonly pool: ShardPool;
  private readonly flows: VpnFlowTable;
  private readonly linkIdentity: LinkIdentity;

  constructor(pool: ShardPool, linkIdentity: LinkIdentity) {
    this.pool = pool;
    this.linkIdentity = linkIdentity;
    this.table = new FlowTable(pool.flowCapacity, pool.seed);
    this.flows = new VpnFlowTable(this.table, pool.shardCount, this.evidenceLog);
  }

  pipeline(decisions: DecisionPort, packetSink: PacketSink | null): PacketPipeline {
    return new ShardedPipeline(this.pool, this.flows, decisions, packetSink, this.linkIdentity);
  }
}
