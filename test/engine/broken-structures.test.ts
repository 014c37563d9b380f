/** `checkInvariants` finds a structure that is broken on purpose, in one word. It finds nothing before that. */
import { beforeEach, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import { DETAIL_WORDS, FlowDetail, FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import { DECISION_WORDS, DecisionWord, VPN_FLOW_WORDS, VpnFlowWord } from '../../src/decision/decision-table.ts';
import type { Decisions } from '../../src/decision/decisions.ts';
import { Session } from '../../src/pipeline/session.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { PrefixColumns } from '../../src/registry/lookup/prefix-columns.ts';
import { PrefixTrie } from '../../src/registry/lookup/prefix-trie.ts';

const POLICY = '{ name: x, mode: enforce, rules: [{ name: a, action: throttle, rate: 8kbit/s }] }';
const REGISTRY = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n192.0.2.0/28,h,it,,,,\n';

let tracker: AssemblyTracker;
let decisions: Decisions;
/** The flow of the capture, its decision, and the words of the decision table. */
let slot: number;
let number: number;
let decisionWords: Int32Array;
let vpnWords: Int32Array;

beforeEach(async () => {
  const { policy } = parsePolicy(new TextEncoder().encode(POLICY), 'p');
  const { registry } = parseRegistry(new TextEncoder().encode(REGISTRY), 'r');
  tracker = new AssemblyTracker(64);
  const session = new Session(tracker);
  decisions = session.begin({ policy: policy!, registry: registry!, mode: 'enforce' }, { sink: {} });
  const source = openCapture('captures/wireguard/rekey.pcap', { memory: tracker.records });
  const batch = tracker.nextBatch();
  expect(await source.read(batch)).toBe(true);
  session.process(batch);
  await source.close();
  slot = tracker.table.activeSlots()[0]!;
  number = session.controller.decisionTable.numberOf(slot);
  expect(number).toBeGreaterThan(0);
  tracker.checkInvariants();
  decisions.checkInvariants();
  const { flowWords, words } = session.controller.decisionTable;
  decisionWords = words;
  vpnWords = flowWords;
});
/** By the numbers of dataplane/assembly/flow/invariant. */
describe('the dataplane has a broken invariant', () => {
  it.each<readonly [string, number, () => void]>([
    ['a flow is gone, but counted', 10, () => (tracker.table.words[slot * ROW_WORDS + FlowWord.TRANSPORT] = 0)],
    ['the index has a flow elsewhere', 4, () => tracker.table.words[slot * ROW_WORDS + FlowWord.LOW_ADDRESS]!++],
    [
      "the wheel's entry is of another flow",
      23,
      () => tracker.table.detailNumbers[(slot * DETAIL_WORDS + FlowDetail.FIRST_PACKET) >> 1]!++,
    ],
  ])('where %s: %i', (_, broken, breakIt) => {
    breakIt();
    expect(() => {
      tracker.checkInvariants();
    }).toThrow(`invariant ${broken} of the dataplane`);
  });
});

describe('decisions have a broken invariant', () => {
  it.each<readonly [string, RegExp, () => void]>([
    [
      'a flow has lost its decision',
      /a number that is given out is of a flow/,
      () => (vpnWords[slot * VPN_FLOW_WORDS + VpnFlowWord.DECISION] = 0),
    ],
    ['a flow has left its tunnel unseen', /./, () => (vpnWords[slot * VPN_FLOW_WORDS + VpnFlowWord.TUNNEL] = 0)],
    [
      'a decision has lost its token bucket',
      /bucket/,
      () => (decisionWords[number * DECISION_WORDS + DecisionWord.BUCKET] = -1),
    ],
  ])('where %s', (_, message, breakIt) => {
    breakIt();
    expect(() => {
      decisions.checkInvariants();
    }).toThrow(message);
  });
});

it('a trie is refused with prefixes that are not its own', () => {
  const prefixes = new PrefixColumns(2);
  prefixes.push(0, 0, 0xffff, 0x0a000000, 104);
  prefixes.push(0, 0, 0xffff, 0x0a010000, 112);
  const trie = new PrefixTrie(prefixes, 2);
  trie.checkInvariants(prefixes);
  prefixes.word3[1] = 0x0b010000;
  expect(() => {
    trie.checkInvariants(prefixes);
  }).toThrow(/a parent covers its prefix/);
});
