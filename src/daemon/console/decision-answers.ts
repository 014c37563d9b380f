/**
 * Answers what the pages ask of recent decisions: the history process has the decisions, the engine their flows now.
 */
import type { CodedProblem } from '../../core/coded-problem.ts';
import { IPV4_LENGTH_OFFSET, isMappedIpv4 } from '../../core/ip-address.ts';
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { MICROS_PER_SECOND, parseMicros } from '../../core/units.ts';
import { Check, CHECKS } from '../../dataplane/host/checks.ts';
import { DECISION_WORDS, type DecisionTable, DecisionWord } from '../../decision/decision-table.ts';
import { FlowRecord } from '../../decision/flow-record.ts';
import { HistoryFailure } from '../../history/process/history-child.ts';
import type { HistoryClient } from '../../history/process/history-client.ts';
import type { KeptExplanation } from '../../history/recent/decision-document.ts';
import type { DecisionKey } from '../../history/recent/decision-explanation.ts';
import type { DecisionsQuery } from '../../history/recent/decision-query.ts';
import { wordsOf } from '../../history/recent/kept-decision.ts';
import type { ExportPart } from '../../history/recent/recent-requests.ts';
import { ACTION_NAMES } from '../../policy/action.ts';
import { NO_RULE } from '../../policy/decide.ts';
import type { Policy } from '../../policy/policy.ts';
import { coverageOf } from '../../registry/coverage-text.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import { VALIDITY_NAMES } from '../../registry/registration.ts';
import type { DecisionAnswers, DecisionRefusal } from '../../web/api/decision-routes.ts';
import { reasonOf, reasonWith } from '../../web/api/refusals.ts';
import type { DecisionBytes, DecisionExplanation } from '../../web/api/decision-schema.ts';
import type { RunEngine } from '../daemon-engine.ts';
import type { RunSource } from '../source-run.ts';
import type { DecisionFeed, FlowPlace } from './decision-feed.ts';
import { PacketBytes } from './packet-bytes.ts';

type Now = DecisionExplanation['now'];

const TUNNEL_CONFIRMED = CHECKS[Check.TUNNEL_CONFIRMED].name;
const MICROS_PER_MILLISECOND = MICROS_PER_SECOND / 1000;
/** Sources whose packets are in files that stay. */
const KEEPS_CAPTURES: readonly RunSource['kind'][] = ['spool', 'captures'];
/** Bits of a truncated address that are shown: /24 in mapped form, and /48. */
const SHOWN_BITS = { ipv4: IPV4_LENGTH_OFFSET + 24, ipv6: 48 };

export class RunDecisions implements DecisionAnswers {
  private readonly client: HistoryClient;
  private readonly feed: DecisionFeed;
  private readonly engine: RunEngine;
  private readonly source: Pick<RunSource, 'kind'>;
  private readonly packetBytes = new PacketBytes();
  private readonly record = new FlowRecord();

  constructor(client: HistoryClient, feed: DecisionFeed, engine: RunEngine, source: Pick<RunSource, 'kind'>) {
    this.source = source;
    this.client = client;
    this.feed = feed;
    this.engine = engine;
  }

  async list(query: DecisionsQuery): Promise<string | DecisionRefusal> {
    const problem = this.problemOf(query);
    if (problem !== null) return { status: 400, ...problem };
    return this.asked(() => this.client.askRecent({ what: 'decisions', query }));
  }

  file(query: DecisionsQuery): AsyncIterable<string> | DecisionRefusal {
    const problem = this.problemOf(query);
    return problem === null ? this.parts(query) : { status: 400, ...problem };
  }

  async explain(key: DecisionKey): Promise<string | DecisionRefusal | null> {
    const kept = await this.keptOf(key);
    if (kept === null || 'problem' in kept) return kept;
    const answer: DecisionExplanation = { kept, now: this.now(kept) };
    return JSON.stringify(answer);
  }

  async bytes(key: DecisionKey): Promise<string | DecisionRefusal | null> {
    const kept = await this.keptOf(key);
    if (kept === null || 'problem' in kept) return kept;
    const state = this.bytesState();
    if (state === 'hidden') return { status: 409, ...reasonOf('bytes-hidden') };
    const place = this.feed.placeOf(kept.decision.number);
    if (state === 'not-kept' || place === null) return { status: 404, ...reasonOf('captures-not-kept') };
    const { files, linkIdentity } = this.feed;
    const last = Math.max(kept.decision.packet, ...kept.evidence.map(({ packet }) => packet));
    const { files: captures, before } = files.between(place.firstPacket, last);
    const evidence = kept.evidence.map(({ packet, offset, check }) => ({ packet: packet - before, offset, check }));
    const firstPacket = place.firstPacket - before;
    const answer = await this.packetBytes.read({ captures, firstPacket, evidence, linkIdentity });
    if ('problem' in answer) return answer;
    const packets = answer.bytes.map(({ packet, length, start, dump }) => {
      return { ...files.at(packet + before), length, start, dump: [...dump] };
    });
    return JSON.stringify({ packets } satisfies DecisionBytes);
  }

  /** Null if the decision is not kept. */
  private async keptOf(key: DecisionKey): Promise<KeptExplanation | DecisionRefusal | null> {
    const text = await this.asked(() => this.client.askRecent({ what: 'decision', key }));
    return typeof text === 'string' ? (JSON.parse(text) as KeptExplanation | null) : text;
  }

  /** An answer of the history process, which may be starting again. */
  private async asked(ask: () => Promise<string>): Promise<string | DecisionRefusal> {
    try {
      await this.feed.flush();
      return await ask();
    } catch (error) {
      if (!(error instanceof HistoryFailure)) throw error;
      return { status: 503, ...reasonWith('decisions-unsearchable', error.message) };
    }
  }

  /** Whether there are captures with the packets of decisions, and they may be shown. */
  private bytesState(): Now['bytes'] {
    if (this.feed.addresses.form !== 'plain') return 'hidden';
    return KEEPS_CAPTURES.includes(this.source.kind) ? 'kept' : 'not-kept';
  }

  /** The parts are asked for one after the other, as fast as the reader takes them. */
  private async *parts(query: DecisionsQuery): AsyncGenerator<string, void> {
    for (let before = query.before; ;) {
      const part = { ...query, ...(before !== undefined && { before }) };
      const { text, next } = JSON.parse(
        await this.client.askRecent({ what: 'decisions-export', query: part }),
      ) as ExportPart;
      if (text !== '') yield text;
      if (next === null) return;
      before = next;
    }
  }

  /** Why the query cannot be answered; null if it can. */
  private problemOf({ prefix }: DecisionsQuery): CodedProblem | null {
    if (prefix === undefined || this.feed.addresses.form !== 'truncated') return null;
    const parser = new PrefixParser();
    parser.parse(prefix);
    const isIpv4 = isMappedIpv4(parser.word0, parser.word1, parser.word2);
    if (parser.length <= (isIpv4 ? SHOWN_BITS.ipv4 : SHOWN_BITS.ipv6)) return null;
    return isIpv4
      ? reasonWith('prefix-truncated', '/24', '192.0.2.0/24')
      : reasonWith('prefix-truncated', '/48', '2001:db8:1::/48');
  }

  private now(kept: KeptExplanation): Now {
    const { engine, feed } = this;
    const { policy, registry } = engine.rules;
    const place = feed.placeOf(kept.decision.number);
    return {
      same_policy: kept.rules.policy_sha256 === policy.sha256,
      same_registry: kept.rules.registry_sha256 === registry.sha256,
      covering: feed.addresses.form === 'plain' ? this.coveringOf(kept) : null,
      flow: place === null ? null : this.flowAt(place),
      places: this.placesOf(kept),
      bytes: kept.decision.number < 1 ? 'not-kept' : this.bytesState(),
      shadow: engine.shadow?.rules.policy.name ?? null,
    };
  }

  private placesOf({ decision, evidence }: KeptExplanation): Now['places'] {
    // Packets of an earlier run have other numbers.
    if (decision.number < 1) return {};
    const packets = new Set([decision.packet, ...evidence.map(({ packet }) => packet)]);
    // This check compares the number of a packet.
    for (const { check, seen } of evidence) if (check === TUNNEL_CONFIRMED) packets.add(Number(seen));
    return Object.fromEntries([...packets].map((packet) => [packet, this.feed.files.at(packet)]));
  }

  private coveringOf({ decision }: KeptExplanation): Now['covering'] {
    const { registry } = this.engine.rules;
    const protocol = (PROTOCOL_NAMES as readonly string[]).indexOf(decision.protocol);
    const of = (ip: string): NonNullable<Now['covering']>['source'] =>
      coverageOf(registry, wordsOf(ip), parseMicros(decision.time), protocol).map(
        ({ registration, counts, validity }) => {
          const { prefix, holder, sector, reference, line, protocols, validFromUs, validUntilUs } = registration;
          return {
            prefix,
            holder,
            sector,
            reference,
            line,
            counts,
            validity: VALIDITY_NAMES[validity],
            valid_from_ms: millisecondsOf(validFromUs),
            valid_until_ms: millisecondsOf(validUntilUs),
            protocols: [...protocols],
          };
        },
      );
    return { source: of(decision.source.ip), destination: of(decision.destination.ip) };
  }

  /** The flow that has a place, unless another has it by now. */
  private flowAt({ slot, firstPacket }: FlowPlace): Now['flow'] {
    const { engine, record } = this;
    const { table, decisionTable, tunnels, shadow, rules } = engine;
    if (!table.isActive(slot) || table.firstPacket(slot) !== firstPacket || decisionTable.numberOf(slot) === 0)
      return null;
    record.read(table, decisionTable, slot, tunnels.nameOf(slot));
    return {
      packets_forth: record.packetsToDestination,
      packets_back: record.packetsToSource,
      bytes_forth: record.bytesToDestination,
      bytes_back: record.bytesToSource,
      first_ms: record.firstTimeUs / MICROS_PER_MILLISECOND,
      last_ms: record.lastTimeUs / MICROS_PER_MILLISECOND,
      decided: decidedAt(decisionTable, slot, rules.policy)!,
      shadow: shadow === null ? null : decidedAt(shadow.comparison.sides.shadow, slot, shadow.rules.policy),
    };
  }
}

function millisecondsOf(us: number | null): number | null {
  return us === null ? null : us / MICROS_PER_MILLISECOND;
}

/** What a side has decided for a flow; null if it has not. */
function decidedAt(table: DecisionTable, slot: number, policy: Policy): { action: string; rule: string | null } | null {
  const number = table.numberOf(slot);
  if (number === 0) return null;
  const row = number * DECISION_WORDS;
  const rule = table.words[row + DecisionWord.RULE]!;
  return {
    action: ACTION_NAMES[table.words[row + DecisionWord.ACTION]!]!,
    rule: rule === NO_RULE ? null : policy.rules[rule]!.name,
  };
}
