import { describe, expect, it } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { Stage } from '../../src/dataplane/host/finding.ts';
import { evaluationJson, evaluationMarkdown, evaluationText } from '../../src/study/evaluation.ts';
import { evaluate } from '../../src/study/evaluate.ts';
import { flowKey, type Found, FoundFlows } from '../../src/study/found-flows.ts';
import type { Proportion } from '../../src/study/interval/proportion.ts';
import type { CaptureLabels, FlowLabel, Origin } from '../../src/study/labels/capture-labels.ts';
import { sampleProvenance } from '../kit/sample-provenance.ts';

const { NONE, WIREGUARD, OPENVPN, IPSEC } = Protocol;

function label(sport: number, protocol: Protocol, more: Partial<FlowLabel> = {}): FlowLabel {
  const ends = { proto: 'udp', src: '192.0.2.1', sport, dst: '198.51.100.7', dport: 9 };
  return {
    ...ends,
    protocol,
    variant: undefined,
    stage: undefined,
    category: 'x',
    session: undefined,
    optional: false,
    accepted: [protocol],
    ...more,
  };
}

/** Findings by source port. */
function found(flows: readonly (readonly [sport: number, protocol: Protocol, found?: Found])[]): FoundFlows {
  const all = new FoundFlows();
  for (const [sport, protocol, what = { stage: Stage.CONFIRMED, variant: 'standard' }] of flows) {
    // In the other direction: labels and findings may have different initiators.
    const key = flowKey('udp', '198.51.100.7', 9, '192.0.2.1', sport);
    all.seen.add(key);
    all.byFlow.set(key, new Map([...(all.byFlow.get(key) ?? []), [protocol, what]]));
  }
  return all;
}

function capture(file: string, flowCount: number, flows: readonly FlowLabel[], condition?: string): CaptureLabels {
  return { file, flowCount, flows, condition, session: undefined };
}

describe('an evaluation', () => {
  const labels = [
    capture('a/1.pcap', 10, [
      label(1, WIREGUARD),
      label(2, WIREGUARD),
      label(3, OPENVPN),
      label(4, IPSEC, { optional: true }),
    ]),
    capture('a/2.pcap', 5, [label(1, NONE, { optional: true, accepted: [OPENVPN] })], 'y'),
    capture('never-run.pcap', 100, [label(1, IPSEC)]),
  ];
  const run = new Map([
    [
      'a/1.pcap',
      found([
        [1, WIREGUARD],
        [2, OPENVPN],
        [4, IPSEC],
        [7, IPSEC],
        [3, OPENVPN],
        [3, IPSEC],
      ]),
    ],
    ['a/2.pcap', found([[1, WIREGUARD]])],
    ['b.pcap', found([[1, WIREGUARD]])],
  ]);
  const evaluation = evaluate(labels, run);

  it('counts right, false and missed findings', () => {
    expect(evaluation.protocols.map(({ name, right, false: wrong, missed }) => [name, right, wrong, missed])).toEqual([
      ['wireguard', 1, 1, 1],
      ['openvpn', 1, 1, 0],
      ['ipsec', 0, 2, 0],
    ]);
    expect(evaluation.all).toMatchObject({ right: 2, false: 4, missed: 1 });
    expect(evaluation.all.precision.value).toBeCloseTo(2 / 6);
    expect(evaluation.all.recall.value).toBeCloseTo(2 / 3);
    expect(evaluation).toMatchObject({ captures: 2, flows: 15, unlabelled: ['b.pcap'], optionalFound: 1 });
    expect(evaluation.falseFlows).toMatchObject({ count: 4, total: 15 });
  });

  it('has a confusion matrix of labels and findings', () => {
    expect(evaluation.confusion).toEqual([
      [9, 1, 0, 1],
      [0, 1, 1, 0],
      [0, 0, 1, 1],
      [0, 0, 0, 0],
    ]);
  });

  it('counts by the condition of the capture, else by the category of the flow', () => {
    expect(evaluation.conditions).toMatchObject([
      { name: 'not listed', right: 0, false: 1, captures: 1, flows: 0 },
      { name: 'x', right: 2, false: 2, missed: 1, captures: 1, flows: 4 },
      { name: 'y', right: 0, false: 1, missed: 0, captures: 1, flows: 5 },
    ]);
  });

  it('compares stage and variant of right findings, where labels state them', () => {
    const flows = [
      label(1, WIREGUARD, { stage: Stage.CONFIRMED, variant: 'standard' }),
      label(2, WIREGUARD, { stage: Stage.SUSPECTED, variant: 'tailscale' }),
      label(3, WIREGUARD),
    ];
    const seen = new Map([
      [
        'c',
        found([
          [1, WIREGUARD],
          [2, WIREGUARD],
          [3, WIREGUARD],
        ]),
      ],
    ]);
    const { stages, variants, mistakes } = evaluate([capture('c', 3, flows)], seen);
    expect([stages.count, stages.total, variants.count, variants.total]).toEqual([1, 2, 1, 2]);
    expect(mistakes.map(({ kind }) => kind)).toEqual(['stage', 'variant']);
  });

  describe('with sessions', () => {
    const files = Array.from({ length: 40 }, (_, i) => `d/${i}.pcap`);
    const runOf = (missed: number): Map<string, FoundFlows> =>
      new Map(files.map((file, i) => [file, found(i < missed ? [] : [[1, WIREGUARD]])]));
    const labelsOf = (session: (i: number) => string | undefined): CaptureLabels[] =>
      files.map((file, i) => ({ ...capture(file, 3, [label(1, WIREGUARD)]), session: session(i) }));
    const recallOf = (session: (i: number) => string | undefined, missed: number): Proportion =>
      evaluate(labelsOf(session), runOf(missed)).all.recall;

    it('has intervals over sessions: captures that rewrite one are no further evidence', () => {
      const own = recallOf(() => undefined, 2);
      expect(own).toMatchObject({ count: 38, total: 40, sessions: 40, method: 'bootstrap' });
      // Each of 20 sessions is in two captures; both of the first are missed.
      const twice = recallOf((i) => `s${i >> 1}`, 2);
      expect(twice).toMatchObject({ count: 38, total: 40, sessions: 20, method: 'bootstrap' });
      expect(twice.lower!).toBeLessThan(own.lower!);
      expect(evaluate(labelsOf(() => undefined).reverse(), runOf(2)).all.recall).toEqual(own);
    });

    it('takes a session as one trial where all are right, and has no interval of a few sessions', () => {
      expect(recallOf((i) => `s${i >> 1}`, 0)).toMatchObject({ value: 1, sessions: 20, method: 'wilson', upper: 1 });
      expect(recallOf((i) => `s${i >> 1}`, 0).lower).toBeCloseTo(0.839, 3);
      expect(recallOf((i) => `s${i % 9}`, 0)).toMatchObject({ sessions: 9, lower: null, upper: null, method: null });
    });

    it('counts a flow with the session that its label names', () => {
      const labelled = files.map((file, i) => ({
        ...capture(file, 3, [label(1, WIREGUARD, { session: `s${i % 12}` })]),
        session: 'rest',
      }));
      const { all, falseFlows } = evaluate(labelled, runOf(0));
      expect(all.recall.sessions).toBe(12);
      expect(falseFlows).toMatchObject({ count: 0, total: 120, sessions: 13 });
    });

    it('expects wrong decisions of a day only of labels from the field', () => {
      const labelled = labelsOf(() => undefined);
      const run = new Map([...runOf(0), ['d/0.pcap', found([[5, IPSEC]])] as const]);
      const evaluation = evaluate(labelled, run);
      const json = (origin: Origin | null): Record<string, unknown> =>
        JSON.parse(evaluationJson(evaluation, { origin, flowsPerDay: 12_000 }, sampleProvenance())) as Record<
          string,
          unknown
        >;
      const { lower, upper } = evaluation.falseFlows;
      expect(json('field')).toMatchObject({
        wrong_per_day: { expected: 100, lower: Math.round(lower! * 12_000), upper: Math.round(upper! * 12_000) },
        wrong_per_day_missing: null,
      });
      for (const origin of ['lab', null] as const) {
        const { wrong_per_day: wrong, wrong_per_day_missing: why } = json(origin);
        expect([wrong, why]).toEqual([null, expect.stringMatching(/nothing of a network in use/)]);
        expect(evaluationText(evaluation, { origin, flowsPerDay: 12_000 })).not.toContain('a day');
      }
      expect(evaluationText(evaluation, { origin: 'field', flowsPerDay: 12_000 })).toMatch(
        /Of 12,000 flows a day like these 100 would be found wrongly \(95 %: \d+ to \d+\)\./,
      );
    });
  });

  it('counts the flows of the replay where labels do not say how many there are', () => {
    const flows = found([[1, WIREGUARD]]);
    flows.seen.add(flowKey('udp', '192.0.2.9', 1, '192.0.2.8', 2));
    const labelled = { ...capture('c', 0, [label(1, WIREGUARD), label(2, WIREGUARD)]), flowCount: undefined };
    const { flows: count, mistakes } = evaluate([labelled], new Map([['c', flows]]));
    expect(count).toBe(3);
    expect(mistakes).toMatchObject([{ kind: 'missed', found: 'no such flow in the capture' }]);
  });

  it('takes ESP and AH between two ends as one flow', () => {
    expect(flowKey('esp', '192.0.2.1', 0, '192.0.2.2', 0)).toBe(flowKey('ah', '192.0.2.2', 0, '192.0.2.1', 0));
    expect(flowKey('udp', '192.0.2.1', 1, '192.0.2.2', 2)).not.toBe(flowKey('udp', '192.0.2.1', 2, '192.0.2.2', 1));
  });

  it('is formatted as text, as JSON and as a Markdown table', () => {
    const text = evaluationText(evaluation, { origin: 'field', flowsPerDay: 3_000_000 });
    expect(text).toContain('2 captures with 15 flows, of which 3 are labelled as a VPN.');
    expect(text).toContain('Of 3,000,000 flows a day like these 800,000 would be found wrongly');
    expect(text).toContain('1 capture without labels, not counted: b.pcap.');
    const day = { origin: 'field', flowsPerDay: 3_000_000 } as const;
    expect(JSON.parse(evaluationJson(evaluation, day, sampleProvenance()))).toMatchObject({
      protocols: { openvpn: { right: 1, precision: { count: 1, total: 2 } } },
      confusion: { wireguard: { openvpn: 1 } },
      wrong_per_day: { expected: 800_000, lower: null, upper: null },
      provenance: { complete: true },
    });
    const rows = evaluationMarkdown(evaluation, { origin: null, flowsPerDay: 1 })
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(new Set(rows.map((row) => row.split('|').length)).size).toBe(1);
    expect(rows[2]).toBe('| wireguard |  |  | 1 | 1 | 1 | 0.500 | 0.500 | 2 |');
  });
});
