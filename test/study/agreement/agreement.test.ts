import { describe, expect, it } from 'vitest';
import { Protocol } from '../../../src/core/protocol.ts';
import { Stage } from '../../../src/dataplane/host/finding.ts';
import { type Agreement, CALLED, compareWithTool } from '../../../src/study/agreement/agreement.ts';
import { agreementJson, agreementMarkdown, agreementText } from '../../../src/study/agreement/agreement-output.ts';
import { FoundFlows } from '../../../src/study/found-flows.ts';
import { type Tool, ToolFlows } from '../../../src/study/labels/tool-flows.ts';
import { SeededRandom } from '../../kit/random.mjs';
import { sampleProvenance } from '../../kit/sample-provenance.ts';

const { NONE, WIREGUARD, OPENVPN, IPSEC } = Protocol;

/** What each calls a flow; undefined where it did not see it. */
type Pair = readonly [tool: Protocol | undefined, sluice: readonly Protocol[] | undefined];

function compare(captures: readonly (readonly Pair[])[], tool: Tool = 'Zeek'): Agreement {
  const logs = new Map<string, ToolFlows>();
  const found = new Map<string, FoundFlows>();
  for (const [at, pairs] of captures.entries()) {
    const log = new ToolFlows(tool);
    const flows = new FoundFlows();
    for (const [i, [called, sluice]] of pairs.entries()) {
      if (called !== undefined) log.add(`flow ${i}`, called, `word ${called}`);
      if (sluice === undefined) continue;
      flows.seen.add(`flow ${i}`);
      if (sluice.length > 0)
        flows.byFlow.set(
          `flow ${i}`,
          new Map(sluice.map((one, n) => [one, { variant: 'x', stage: n === 0 ? Stage.SUSPECTED : Stage.CONFIRMED }])),
        );
    }
    logs.set(`c${at}`, log);
    found.set(`c${at}`, flows);
  }
  found.set('without a log', new FoundFlows());
  return compareWithTool(tool, logs, found);
}

/** Cohen's kappa from the list of what both called the flows: by its definition, flow by flow. */
function slowKappa(flows: readonly (readonly [Protocol, Protocol])[]): number {
  const share = (test: (flow: readonly [Protocol, Protocol]) => boolean): number =>
    flows.filter(test).length / flows.length;
  const observed = share(([a, b]) => a === b);
  const chance = CALLED.reduce((sum, _, code) => sum + share(([a]) => a === code) * share(([, b]) => b === code), 0);
  return (observed - chance) / (1 - chance);
}

describe('the agreement with another tool', () => {
  const agreement = compare([
    [
      [WIREGUARD, [WIREGUARD]],
      [OPENVPN, []],
      [NONE, [IPSEC]],
      [NONE, []],
      [IPSEC, [OPENVPN, IPSEC]],
      [WIREGUARD, [OPENVPN, IPSEC]],
      [OPENVPN, undefined],
      [NONE, undefined],
      [undefined, [WIREGUARD]],
      [undefined, []],
    ],
  ]);

  it('is of the flows that both saw; others are counted apart', () => {
    expect(agreement).toMatchObject({
      captures: 1,
      unlabelled: ['without a log'],
      agreed: { count: 3, total: 6, value: 0.5, sessions: 1, lower: null },
      matrix: [
        [1, 0, 0, 1],
        [0, 1, 0, 1],
        [1, 0, 0, 0],
        [0, 0, 0, 1],
      ],
      onlyTool: [1, 0, 1, 0],
      onlySluice: [1, 1, 0, 0],
      protocols: [
        { name: 'wireguard', both: 1, onlyTool: 1, onlySluice: 0 },
        { name: 'openvpn', both: 0, onlyTool: 1, onlySluice: 0 },
        { name: 'ipsec', both: 1, onlyTool: 0, onlySluice: 2 },
      ],
    });
  });

  it('lists each flow that they call differently, and each VPN that one of them did not see', () => {
    expect(agreement.differences.map(({ kind, flow, tool, sluice }) => [kind, flow, tool, sluice])).toEqual([
      ['differs', 'flow 1', 'word 2', 'other'],
      ['differs', 'flow 2', 'word 0', 'ipsec, suspected'],
      ['differs', 'flow 5', 'word 1', 'openvpn, suspected and ipsec, confirmed'],
      ['only-tool', 'flow 6', 'word 2', 'not seen'],
      ['only-sluice', 'flow 8', 'not seen', 'wireguard, suspected'],
    ]);
  });

  it('takes a flow that nDPI does not list as other: nDPI lists what it recognises', () => {
    const { matrix, onlySluice, unlisted, differences } = compare(
      [
        [
          [WIREGUARD, [WIREGUARD]],
          [undefined, []],
          [undefined, [OPENVPN]],
          [IPSEC, undefined],
        ],
      ],
      'nDPI',
    );
    expect(matrix[NONE]).toEqual([1, 0, 1, 0]);
    expect([onlySluice, unlisted]).toEqual([[0, 0, 0, 0], 2]);
    expect(differences.map(({ kind, flow, tool, sluice }) => [kind, flow, tool, sluice])).toEqual([
      ['only-tool', 'flow 3', 'word 3', 'not seen'],
      ['differs', 'flow 2', 'not listed', 'openvpn, suspected'],
    ]);
  });

  it("has Cohen's kappa as its definition gives it, and bounds around it over captures", () => {
    const random = new SeededRandom(3);
    for (let round = 0; round < 30; round++) {
      const flows: (readonly [Protocol, Protocol])[] = [];
      const captures = Array.from({ length: 14 }, () =>
        Array.from({ length: random.between(1, 12) }, (): Pair => {
          const tool = random.below(4) as Protocol;
          const own = random.chance(0.7) ? tool : (random.below(4) as Protocol);
          flows.push([tool, own]);
          return [tool, own === NONE ? [] : [own]];
        }),
      );
      const { kappa, kappaInterval, agreed } = compare(captures);
      expect(kappa).toBeCloseTo(slowKappa(flows), 12);
      expect(kappaInterval!.lower).toBeLessThan(kappa!);
      expect(kappaInterval!.upper).toBeGreaterThan(kappa!);
      expect(agreed).toMatchObject({ sessions: 14, method: 'bootstrap' });
    }
  });

  it('is 0.4 in the example with 50 flows that Cohen has been explained by ever since', () => {
    const pairs = [
      ...Array<Pair>(20).fill([IPSEC, [IPSEC]]),
      ...Array<Pair>(5).fill([IPSEC, []]),
      ...Array<Pair>(10).fill([NONE, [IPSEC]]),
      ...Array<Pair>(15).fill([NONE, []]),
    ];
    expect(compare([pairs]).kappa).toBeCloseTo(0.4, 12);
  });

  it('has no kappa where both call all flows the same, or see none', () => {
    expect(
      compare([
        [
          [NONE, []],
          [NONE, []],
        ],
      ]),
    ).toMatchObject({ kappa: null, agreed: { value: 1 } });
    expect(compare([[[NONE, undefined]]])).toMatchObject({ kappa: null, agreed: { value: null } });
  });

  it('is shown as agreement, not as accuracy', () => {
    const text = agreementText(agreement);
    expect(text).toContain('Zeek and Sluice on 1 capture: they agree on 3 of 6 flows that both saw, 50.0 %.');
    expect(text).toContain('agreement and not accuracy');
    expect(text).not.toMatch(/precision|recall|missed|right/);
    expect(text).toContain('c0: flow 1: Zeek: word 2; Sluice: other');
    expect(text).toContain('1 capture without a log of Zeek, not counted: without a log.');
    expect(agreementText(compare([[[NONE, undefined]]]))).toContain('there is no flow that both saw');
    expect(JSON.parse(agreementJson(agreement, sampleProvenance()))).toMatchObject({
      tool: 'Zeek',
      agreed: { count: 3, total: 6 },
      kappa: { lower: null, upper: null },
      matrix: { other: { other: 1, ipsec: 1 }, openvpn: { other: 1 } },
      not_seen_by_sluice: { openvpn: 1 },
      not_seen_by_tool: { wireguard: 1 },
      differences: [{ kind: 'differs' }, {}, {}, {}, {}],
      provenance: sampleProvenance(),
    });
    const rows = agreementMarkdown(agreement).split('\n');
    expect(rows).toContain('| other | 1 | 0 | 0 | 1 | 1 |');
  });
});
