/** Where flows are followed: in the thread that judges them, or in others. Kept for one capture after the other. */
import { EvidenceLog } from '../fingerprint/evidence.ts';
import { FingerprintSet } from '../fingerprint/fingerprint-set.ts';
import { FlowTable } from '../flow/flow-table.ts';
import { KnownFlows } from './known-flows.ts';
import { type FlowJudge, type PacketPipeline, type PacketSink, Pipeline } from './pipeline.ts';
import type { ShardPool } from './shard-pool.ts';
import { ShardedPipeline } from './sharded-pipeline.ts';

export interface FlowEngine {
  /** The flows that are judged, and where their evidence is. */
  readonly table: FlowTable;
  readonly evidenceLog: EvidenceLog;
  /** The way of one capture's packets; the one before must be finished. */
  pipeline(judge: FlowJudge, packetSink: PacketSink | null): PacketPipeline;
}

/** All in one thread. */
export class OneThread implements FlowEngine {
  readonly table: FlowTable;
  private readonly fingerprints = new FingerprintSet();

  constructor(flowCapacity: number) {
    this.table = new FlowTable(flowCapacity);
  }

  get evidenceLog(): EvidenceLog {
    return this.fingerprints.evidenceLog;
  }

  pipeline(judge: FlowJudge, packetSink: PacketSink | null): PacketPipeline {
    return new Pipeline(this.table, this.fingerprints, judge, packetSink);
  }
}

/** The flows of each shard in a thread of its own. */
export class ManyThreads implements FlowEngine {
  readonly table: FlowTable;
  readonly evidenceLog = new EvidenceLog();
  private readonly pool: ShardPool;
  private readonly flows: KnownFlows;

  constructor(pool: ShardPool) {
    this.pool = pool;
    this.table = new FlowTable(pool.flowCapacity, pool.seed);
    this.flows = new KnownFlows(this.table, pool.shardCount, this.evidenceLog);
  }

  pipeline(judge: FlowJudge, packetSink: PacketSink | null): PacketPipeline {
    return new ShardedPipeline(this.pool, this.flows, judge, packetSink);
  }
}
