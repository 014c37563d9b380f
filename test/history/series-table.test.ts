/** The series of minutes: bounded over reloads, and in the mode that is in effect. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { Protocol } from '../../src/core/protocol.ts';
import { readRules } from '../../src/daemon/daemon-rules.ts';
import { packFinding, Stage } from '../../src/dataplane/host/finding.ts';
import { Outcome } from '../../src/dataplane/host/outcome.ts';
import type { DecisionView } from '../../src/decision/decision-sink.ts';
import type { Rules } from '../../src/decision/rules.ts';
import { SERIES_LIMIT, SeriesTable } from '../../src/history/collect/series-table.ts';
import { SERIES_COUNTS } from '../../src/history/roll-up.ts';
import { NO_NEEDS } from '../../src/rules/manifest-check.ts';
import { ROOT } from '../kit/committed-captures.ts';
import { Recorded } from './recorded.ts';

const FINDING = packFinding(Protocol.WIREGUARD, Stage.CONFIRMED, 0, 0);

function viewOf(rule: string): DecisionView {
  const ends = { source: null, destination: null };
  return { number: 0, action: 'block', previous: null, rule, reason: 'rule', mode: 'observe', ...ends };
}

describe('the table of series', () => {
  it('leaves unused series out once there are many, and keeps those that flows have', () => {
    const table = new SeriesTable();
    const views = Array.from({ length: SERIES_LIMIT + 1 }, (_, rule) => viewOf(`rule-${rule}`));
    const used = new Set<number>();
    for (const [rule, view] of views.entries()) {
      const number = table.seriesOf(FINDING, view);
      table.add(number, 1, rule);
      if (rule % 1000 === 7) used.add(number);
    }
    expect(table.takeRows()).toHaveLength(SERIES_LIMIT);
    const moved = table.compact(() => used)!;
    expect([...moved.keys()]).toEqual([...used]);
    expect(table.size).toBe(used.size);
    for (const [before, now] of moved) expect(table.keyOf(now).rule).toBe(`rule-${before}`);
    // A view from before has its own series again.
    expect(table.keyOf(table.seriesOf(FINDING, views[7]!)).rule).toBe('rule-7');
    expect(table.keyOf(table.seriesOf(FINDING, views[8]!)).rule).toBe('rule-8');
    expect(table.compact(() => used)).toBeNull();
  });
});

async function rulesOf(folder: string, mode: string): Promise<Rules> {
  const policy = join(folder, `${mode}.yaml`);
  writeFileSync(policy, `name: cut\nmode: ${mode}\nrules:\n  - { name: all, when: {}, action: block }\n`);
  const registry = join(folder, 'registry.csv');
  // A registered user who is hit would trip the breaker.
  writeFileSync(registry, 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n');
  const { rules } = await readRules({ policy, registry, mode: undefined, addresses: 'plain', needs: NO_NEEDS });
  return rules!;
}

describe('flows that go on after a reload with another mode', () => {
  it('count in the series of the mode in effect, though their decision stays', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-mode-'));
    try {
      const [observe, enforce] = [await rulesOf(folder, 'observe'), await rulesOf(folder, 'enforce')];
      const recorded = new Recorded(observe);
      const capture = openCapture(join(ROOT, 'captures/wireguard/handshake-only.pcap'));
      const whole = new PacketBatch();
      await capture.read(whole);
      const one = new PacketBatch(1);
      const last = whole.count - 1;
      for (let row = 0; row < whole.count; row++) {
        if (row === last) recorded.engine.replaceRules(enforce);
        one.reset(whole.data);
        one.push(
          whole.at[row]!,
          whole.capturedLength[row]!,
          whole.wireLength[row]!,
          whole.timeUs[row]!,
          whole.linkType[row]!,
        );
        await recorded.take(one);
      }
      await capture.close();
      await recorded.endCapture();
      const dropped = recorded.engine.counters.outcomePackets[Outcome.DROPPED]!;
      expect(dropped).toBeGreaterThan(0);
      const by = (name: (typeof SERIES_COUNTS)[number]): Record<string, number> =>
        recorded.sums(SERIES_COUNTS.indexOf(name), ({ mode }) => mode);
      expect(by('dropped_packets')).toEqual({ enforce: dropped });
      // The first two of the flow's packets came before the reload; two others of the capture are no VPN's.
      expect(by('packets')).toEqual({ observe: 2, enforce: dropped });
      expect(Object.keys(by('flows'))).toEqual(['enforce']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
