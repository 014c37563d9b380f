import { describe, expect, it } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { Stage } from '../../src/dataplane/fingerprint/finding.ts';
import { evaluationJson, evaluationMarkdown, evaluationText } from '../../src/study/evaluation.ts';
import { evaluate } from '../../src/study/evaluate.ts';
import { flowKey, type Found, FoundFlows } from '../../src/study/found-flows.ts';
import type { CaptureLabels, FlowLabel } from '../../src/study/labels.ts';

const { NONE, WIREGUARD, OPENVPN, IPSEC } = Protocol;

function label(sport: number, protocol: Protocol, more: Partial<FlowLabel> = {}): FlowLabel {
  const ends = { proto: 'udp', src: '192.0.2.1', sport, dst: '198.51.100.7', dport: 9 };
  return {
    ...ends,
    protocol,
    variant: undefined,
    stage: undefined,
    category: 'x',
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
    all.byFlow.set(key, new Map([...(all.byFlow.get(key) ?? []), [protocol, what]]));
  }
  return all;
}

function capture(file: string, flowCount: number, flows: readonly FlowLabel[], condition?: string): CaptureLabels {
  return { file, flowCount, flows, condition };
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

  it('takes ESP and AH between two ends as one flow', () => {
    expect(flowKey('esp', '192.0.2.1', 0, '192.0.2.2', 0)).toBe(flowKey('ah', '192.0.2.2', 0, '192.0.2.1', 0));
    expect(flowKey('udp', '192.0.2.1', 1, '192.0.2.2', 2)).not.toBe(flowKey('udp', '192.0.2.1', 2, '192.0.2.2', 1));
  });

  it('is formatted as text, as JSON and as a Markdown table', () => {
    const text = evaluationText(evaluation, 3_000_000);
    expect(text).toContain('2 captures with 15 flows, of which 3 are labelled as a VPN.');
    expect(text).toContain('Of 3,000,000 flows a day like these 800,000 would be found wrongly');
    expect(text).toContain('1 capture without labels, not counted: b.pcap.');
    expect(JSON.parse(evaluationJson(evaluation, 3_000_000))).toMatchObject({
      protocols: { openvpn: { right: 1, precision: { count: 1, total: 2 } } },
      confusion: { wireguard: { openvpn: 1 } },
      wrong_per_day: { expected: 800_000 },
    });
    const rows = evaluationMarkdown(evaluation, 1)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(new Set(rows.map((row) => row.split('|').length)).size).toBe(1);
    expect(rows[2]).toBe('| wireguard |  |  | 1 | 1 | 1 | 0.500 (0.095–0.905) | 0.500 (0.095–0.905) |');
  });
});
