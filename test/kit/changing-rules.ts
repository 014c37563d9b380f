/** The engine of a daemon with its rule changes, in this process: files on disk, packets from memory. */
import { MemoryInput } from './read-all.ts';
import { captureOf } from '../../src/capture/format/open-capture.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { RunChanges } from '../../src/daemon/rule-changes.ts';
import { RunEngine } from '../../src/daemon/daemon-engine.ts';
import { RunNotices } from '../../src/daemon/notices.ts';
import { RulesState } from '../../src/daemon/rules-state.ts';
import { problemLine } from '../../src/rules/rules-problem.ts';
import { readRules, type RulesFiles } from '../../src/daemon/daemon-rules.ts';
import { type StartingRules, startingRules } from '../../src/daemon/starting-rules.ts';
import type { DecisionSink } from '../../src/decision/decision-sink.ts';
import { ACTION_NAMES } from '../../src/policy/action.ts';
import { NO_NEEDS } from '../../src/rules/manifest-check.ts';
import type { Log } from '../../src/output/log/log.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import type { Conversation } from './many-clients.ts';

export const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';

interface Decided {
  readonly client: number;
  readonly registered: boolean;
  readonly action: string;
}

export class ChangingRules {
  readonly engine: RunEngine;
  readonly changes: RunChanges;
  /** Events of changes, in order. */
  readonly notices: Record<string, Record<string, unknown>>[] = [];
  /** Decisions, in order. */
  readonly decided: Decided[] = [];
  readonly trips: unknown[] = [];
  private readonly folder: string;
  private readonly files: RulesFiles;
  private readonly conversation: Conversation;

  static async open(policy: string, registry: string, conversation: Conversation): Promise<ChangingRules> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-changes-'));
    const files: RulesFiles = {
      policy: join(folder, 'policy.yaml'),
      registry: join(folder, 'registry.csv'),
      mode: undefined,
      addresses: 'plain',
      needs: NO_NEEDS,
    };
    writeFileSync(files.policy, policy);
    writeFileSync(files.registry, registry);
    return ChangingRules.restarted(folder, files, conversation);
  }

  private static async restarted(
    folder: string,
    files: RulesFiles,
    conversation: Conversation,
  ): Promise<ChangingRules> {
    const reading = await readRules(files);
    if (reading.rules === null) throw new Error(reading.problems.map(problemLine).join('\n'));
    const state = new RulesState(join(folder, 'state'));
    const starting = await startingRules(files, reading, state);
    const daemon = new ChangingRules(folder, files, conversation, starting, state, pino({ enabled: false }));
    await daemon.changes.begin();
    await daemon.changes.start();
    return daemon;
  }

  /** Another daemon on the same files and state, like after a kill: anything not saved is lost. */
  restart(): Promise<ChangingRules> {
    return ChangingRules.restarted(this.folder, this.files, this.conversation);
  }

  private constructor(
    folder: string,
    files: RulesFiles,
    conversation: Conversation,
    starting: StartingRules,
    state: RulesState,
    log: Log,
  ) {
    this.folder = folder;
    this.files = files;
    this.conversation = conversation;
    const sink: DecisionSink = {
      decided: (flow, decision) => {
        const isRegistered = decision.source !== null || decision.destination !== null;
        this.decided.push({ client: flow.source[3]!, registered: isRegistered, action: decision.action });
      },
      ended: () => undefined,
    };
    const rules = starting.reading.rules!;
    this.engine = new RunEngine(rules, new AssemblyTracker(100_000), sink, [1, 2, 3, 4], ({ trip }) =>
      this.trips.push(trip),
    );
    const outputs = {
      notice: (line: string) => {
        this.notices.push(JSON.parse(line) as Record<string, Record<string, unknown>>);
      },
      useContext: () => undefined,
    };
    this.changes = new RunChanges(this.engine, outputs, files, starting, state, new RunNotices(null), log);
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  writePolicy(text: string): void {
    writeFileSync(join(this.folder, 'policy.yaml'), text);
  }

  writeRegistry(text: string): void {
    writeFileSync(join(this.folder, 'registry.csv'), text);
  }

  /** Processes the conversations of clients `from` … `to - 1`, the first at a packet time, then a millisecond apart. */
  async feed(from: number, to: number, startUs: number): Promise<void> {
    const bytes = this.conversation.capture(from, to, startUs, 1000);
    const capture = captureOf('memory', new MemoryInput(bytes));
    const batch = new PacketBatch();
    while (await capture.read(batch)) {
      this.changes.reach(batch);
      await this.engine.process(batch);
    }
    await capture.close();
  }

  /** Clients whose flow has a last decision other than allow. */
  get hitClients(): number {
    const last = new Map(this.decided.map(({ client, action }) => [client, action]));
    return [...last.values()].filter((action) => action !== ACTION_NAMES[0]).length;
  }

  /** Packets that enforcement dropped or delayed. */
  get affectedPackets(): number {
    const [, ...held] = this.engine.counters.outcomePackets;
    return held.reduce((sum, count) => sum + count, 0);
  }

  noticesOf(type: string): Record<string, unknown>[] {
    return this.notices.filter((notice) => (notice.event_type as unknown) === type).map((notice) => notice[type]!);
  }
}
