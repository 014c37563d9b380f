import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { type DecisionBatch, headLine } from '../../src/history/recent/decision-batch.ts';
import { explainKept } from '../../src/history/recent/decision-explanation.ts';
import { decisionList } from '../../src/history/recent/decision-document.ts';
import { decisionsQuery } from '../../src/history/recent/decision-query.ts';
import { RecentAnswers } from '../../src/history/recent/recent-requests.ts';
import { RecentDecisions } from '../../src/history/recent/recent-decisions.ts';
import type { DecisionEvent } from '../../src/output/event/event-fields.ts';
import type { TracedRule } from '../../src/policy/rule-trace.ts';
import type { WordedCondition } from '../../src/policy/rule-words.ts';
import { SeededRandom } from '../kit/random.mjs';
import { randomEvent, randomFilters } from './random-decisions.ts';

interface Made {
  readonly number: number;
  readonly held: boolean;
  readonly otherProtocol: boolean;
  readonly event: DecisionEvent;
}

function batchOf(decisions: readonly Made[], most = 300, rules: DecisionBatch['rules'] = []): DecisionBatch {
  return {
    text: decisions
      .map(
        ({ number, held, otherProtocol, event }) =>
          `${headLine({ number, generation: 1, held, otherProtocol, tried: ';' })}${JSON.stringify(event)}\n`,
      )
      .join(''),
    limits: { most, addresses: 'plain' },
    rules,
    made: decisions.at(-1)?.number ?? 0,
    leftOut: 0,
  };
}

/** Numbers have gaps where decisions were left out. */
function randomDecisions(random: SeededRandom, count: number, firstNumber = 1): Made[] {
  const made: Made[] = [];
  for (let number = firstNumber; made.length < count; number += 1 + random.below(3))
    made.push({
      number,
      held: random.below(5) === 0,
      otherProtocol: random.below(4) === 0,
      event: randomEvent(random, 10 * number),
    });
  return made;
}

/** The obvious way: each filter read as its words say, on the event itself. */
function isSelected({ held, otherProtocol, event }: Made, filters: Readonly<Record<string, string>>): boolean {
  const { vpn, decision, registration } = event;
  const registered = `${registration.source === null ? '' : 'source'}${registration.destination === null ? '' : 'destination'}`;
  const values: Record<string, string> = {
    protocol: vpn.protocol,
    variant: vpn.variant,
    stage: vpn.stage,
    action: decision.action,
    previous: decision.previous ?? 'none',
    reason: decision.reason,
    mode: decision.mode,
    rule: decision.rule ?? 'none',
    held: held ? 'yes' : 'no',
    registered: { '': 'none', source: 'source', destination: 'destination', sourcedestination: 'both' }[registered]!,
    tunnel_id: event.tunnel_id ?? '',
    flow_id: event.flow_id,
    community_id: event.community_id,
  };
  const ends = [registration.source, registration.destination].filter((one) => one !== null);
  return Object.entries(filters).every(([name, wanted]) => {
    const time = Date.parse(event.timestamp) / 1000 + Number(event.timestamp.slice(23, 26)) / 1e6;
    if (name === 'from') return time >= Number(wanted);
    if (name === 'to') return time < Number(wanted);
    if (name === 'port') return event.src_port === Number(wanted) || event.dest_port === Number(wanted);
    if (name === 'prefix') return isIn(event.src_ip, wanted) || isIn(event.dest_ip, wanted);
    if (name === 'sector') return ends.some(({ sector }) => wanted.split(',').includes(sector));
    if (name === 'q')
      return ends.some((one) => Object.values(one).some((text) => text!.toLowerCase().includes(wanted.toLowerCase())));
    if (name === 'registered' && otherProtocol && wanted.split(',').includes('other')) return true;
    return wanted.split(',').includes(values[name]!);
  });
}

function isIn(address: string, prefix: string): boolean {
  const one = ipaddr.parse(address);
  const [base, length] = ipaddr.parseCIDR(
    prefix.includes('/') ? prefix : `${prefix}/${prefix.includes(':') ? 128 : 32}`,
  );
  return one.kind() === base.kind() && one.match(base, length);
}

describe('recent decisions', () => {
  it('are found as an obvious search finds them, whatever the filters and the page', () => {
    const random = new SeededRandom(11);
    const recent = new RecentDecisions({ most: 300, addresses: 'plain' });
    const all: Made[] = [];
    let found = 0;
    for (let round = 0; round < 40; round++) {
      const added = randomDecisions(random, random.below(60), (all.at(-1)?.number ?? 0) + 1);
      all.push(...added);
      recent.add(batchOf(added));
      const kept = all.slice(-300).reverse();
      for (let i = 0; i < 25; i++) {
        const filters = randomFilters(random);
        const after = random.below(2) === 0 ? 0 : random.below(all.at(-1)?.number ?? 1);
        const before = random.below(2) === 0 ? 1e9 : random.below(all.at(-1)?.number ?? 1);
        const limit = random.below(20);
        const list = recent.search(
          decisionsQuery.parse({ ...filters, after: String(after), before: String(before), limit: String(limit) }),
        );
        const selected = kept.filter((one) => isSelected(one, filters));
        const wanted = selected.filter(({ number }) => number > after && number < before);
        expect(list.rows.map(({ number }) => number)).toEqual(wanted.slice(0, limit).map(({ number }) => number));
        expect(list.matched).toBe(selected.length);
        expect(list.newer).toBe(selected.filter(({ number }) => number > after).length);
        expect(list.next !== null, JSON.stringify(filters)).toBe(limit > 0 && wanted.length > limit);
        decisionList.parse(list);
        found += selected.length;
      }
    }
    // The filters select something, and not all.
    expect(found).toBeGreaterThan(1000);
  });

  it('come page by page, each once, while new ones arrive', () => {
    const random = new SeededRandom(12);
    const first = randomDecisions(random, 200);
    const recent = new RecentDecisions({ most: 1000, addresses: 'plain' });
    recent.add(batchOf(first, 1000));
    const seen: number[] = [];
    let number = first.at(-1)!.number;
    for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null;) {
      const { rows, next } = recent.search({ before, limit: 17 });
      seen.push(...rows.map((row) => row.number));
      before = next;
      const more = randomDecisions(random, 5, number + 1);
      number = more.at(-1)!.number;
      recent.add(batchOf(more, 1000));
    }
    expect(seen).toEqual(first.map((one) => one.number).reverse());
  });

  it('are bounded in number and in bytes, the oldest given up first', () => {
    const random = new SeededRandom(13);
    const recent = new RecentDecisions({ most: 100, addresses: 'plain' });
    const decisions = randomDecisions(random, 250);
    recent.add(batchOf(decisions, 100));
    expect(recent.stock).toMatchObject({
      kept: 100,
      oldest: { number: decisions[150]!.number },
      made: decisions.at(-1)!.number,
    });
    const long = randomEvent(random, 1);
    const number = decisions.at(-1)!.number + 1;
    recent.add(
      batchOf(
        [{ number, held: false, otherProtocol: false, event: { ...long, pcap_filename: 'x'.repeat(150_000) } }],
        100,
      ),
    );
    const { kept, newest } = recent.stock;
    expect(newest?.number).toBe(number);
    expect(kept).toBeLessThan(50);
    expect(kept).toBeGreaterThan(1);
  });

  it('are searched among 50,000 in less than 50 ms of processor time', () => {
    const random = new SeededRandom(14);
    const recent = new RecentDecisions({ most: 50_000, addresses: 'plain' });
    for (let i = 0; i < 50; i++) recent.add(batchOf(randomDecisions(random, 1000, i * 3000 + 1), 50_000));
    expect(recent.stock.kept).toBe(50_000);
    const queries = [
      {},
      { q: 'bank 7' },
      { prefix: '192.0.2.0/25', action: 'block,throttle', sector: 'bank' },
      { flow_id: 'f'.repeat(16) },
    ];
    for (const query of queries) {
      const timesUs = Array.from({ length: 5 }, () => {
        const begin = process.cpuUsage();
        recent.search({ ...query, limit: 100 });
        return process.cpuUsage(begin).user;
      });
      expect(Math.min(...timesUs), JSON.stringify(query)).toBeLessThan(50_000);
    }
  });
});

describe('a file of recent decisions', () => {
  it('has every selected decision once, in parts, and a header once', () => {
    const random = new SeededRandom(15);
    const answers = new RecentAnswers();
    const decisions = randomDecisions(random, 2500);
    answers.answer({ what: 'decided', batch: batchOf(decisions, 3000) });
    const read = (format: 'csv' | 'jsonl'): string => {
      let text = '';
      for (let before: number | null | undefined; before !== null;) {
        const query = { format, action: 'block', ...(before !== undefined && { before }) };
        const part = JSON.parse(answers.answer({ what: 'decisions-export', query })) as {
          text: string;
          next: number | null;
        };
        text += part.text;
        before = part.next;
      }
      return text;
    };
    const wanted = decisions.filter((one) => one.event.decision.action === 'block').reverse();
    const lines = read('jsonl').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(wanted.map(({ event }) => event));
    const rows = read('csv').trimEnd().split('\r\n');
    expect(rows[0]).toMatch(/^number,timestamp,action,/);
    expect(rows.slice(1).map((row) => Number(row.split(',', 1)[0]))).toEqual(wanted.map(({ number }) => number));
    expect(rows.some((row) => row.includes('"Ünion ""Bank"" '))).toBe(true);
  });
});

describe('the explanation of a kept decision', () => {
  const CONFIRMED: WordedCondition = { key: 'stage', values: ['confirmed'], hidden: null, schedule: null };
  const REGISTERED: WordedCondition = { key: 'registered', values: ['either'], hidden: null, schedule: null };
  const traced = (
    name: string,
    action: 'allow' | 'throttle' | 'block',
    conditions: readonly WordedCondition[],
    order: TracedRule['order'],
    rollout: string | null = null,
  ): TracedRule => ({ name, words: { conditions, rollout, action, throttle: null }, order });
  const rules = (generation: number): DecisionBatch['rules'][number] => ({
    generation,
    policy: `policy ${generation}`,
    policySha256: '2'.repeat(64),
    registrySha256: '3'.repeat(64),
    mode: 'enforce',
    rules: [
      // Conditions are tried in another order than that of the policy.
      traced('one', 'allow', [REGISTERED, CONFIRMED], ['stage', 'registered']),
      traced('two', 'block', [], [], '5%'),
      traced('three', 'throttle', [], []),
    ],
  });

  it('has the rules by which it was made, also after others have come', () => {
    const random = new SeededRandom(16);
    const recent = new RecentDecisions({ most: 10, addresses: 'plain' });
    const [one, two] = [randomEvent(random, 10), randomEvent(random, 20)];
    const text =
      `${headLine({ number: 1, generation: 1, held: false, otherProtocol: true, tried: '0,1;r;;' })}${JSON.stringify(one)}\n` +
      `${headLine({ number: 2, generation: 2, held: true, otherProtocol: false, tried: '1;' })}${JSON.stringify(two)}\n`;
    recent.add({ ...batchOf([], 10, [rules(1), rules(2)]), text });
    const explained = explainKept(recent, { number: 1, flowId: one.flow_id })!;
    expect(explained.rules).toMatchObject({ policy: 'policy 1', rule: { action: 'throttle' } });
    expect(explained.tried).toEqual([
      { name: 'one', matched: false, failed: [CONFIRMED, REGISTERED], rollout: null },
      { name: 'two', matched: false, failed: [], rollout: '5%' },
      { name: 'three', matched: true, failed: [], rollout: null },
    ]);
    expect(explainKept(recent, { number: 2 })).toMatchObject({
      rules: { policy: 'policy 2', rule: null },
      tried: [{ name: 'one', failed: [REGISTERED] }],
      decision: { held: true },
    });
  });

  it('has the other decisions of the flow, and the newest one of each other flow of the tunnel', () => {
    const random = new SeededRandom(17);
    const recent = new RecentDecisions({ most: 3000, addresses: 'plain' });
    const decisions = randomDecisions(random, 2000);
    recent.add(batchOf(decisions, 3000, [rules(1)]));
    for (const { number, event } of decisions
      .filter(({ event: { tunnel_id } }) => tunnel_id !== undefined)
      .slice(0, 50)) {
      const explained = explainKept(recent, { number })!;
      const ofFlow = decisions.filter((other) => other.event.flow_id === event.flow_id && other.number !== number);
      expect(explained.flow.map((row) => row.number)).toEqual(ofFlow.map((other) => other.number).reverse());
      const ofTunnel = decisions.filter(
        ({ event: other }) => other.tunnel_id === event.tunnel_id && other.flow_id !== event.flow_id,
      );
      const flows = new Map(ofTunnel.map((other) => [other.event.flow_id, other.number]));
      expect(explained.tunnel.map((row) => row.number)).toEqual([...flows.values()].sort((a, b) => b - a).slice(0, 50));
    }
  });

  it('is null for a number of another flow, as after a restart', () => {
    const recent = new RecentDecisions({ most: 10, addresses: 'plain' });
    const [one] = randomDecisions(new SeededRandom(18), 1);
    recent.add(batchOf([one!], 10, [rules(1)]));
    expect(explainKept(recent, { number: one!.number, flowId: 'f'.repeat(16) })).toBeNull();
    expect(explainKept(recent, { flowId: one!.event.flow_id, packet: 10 })?.decision.number).toBe(one!.number);
    expect(explainKept(recent, { flowId: one!.event.flow_id, packet: 11 })).toBeNull();
  });
});
