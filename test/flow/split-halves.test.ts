/** Conversations whose directions are flows under two links, against a map of the flows that began last. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { BUILDS, CompiledFlow } from './compiled-flow.ts';
import { LinearTable, NO_FLOW } from './linear-table.ts';
import { ipv4End, setTuple, type Tuple, View } from './views.ts';

interface Flow {
  readonly tuple: string;
  readonly domain: number;
  readonly packets: [number, number];
  isActive: boolean;
  mayBeHalf: boolean;
}

/** Beginnings are kept by the last words of addresses and the ports, and by partition: from its first flow with a tag on. */
class MapTwin {
  readonly flows = new Map<number, Flow>();
  private readonly lastBegun = new Map<string, Flow>();
  private readonly kept = new Set<number>();

  begin(slot: number, tuple: string, place: string, domain: number, direction: number, partition: number): void {
    const flow: Flow = { tuple, domain, packets: [0, 0], isActive: true, mayBeHalf: false };
    const same = [...this.flows.values()].find((other) => other.tuple === tuple && other.domain === 0);
    this.flows.set(slot, flow);
    if (!this.kept.has(partition) && domain === 0) return;
    const other = (this.kept.has(partition) ? undefined : same) ?? this.lastBegun.get(place);
    this.kept.add(partition);
    this.lastBegun.set(place, flow);
    if (other?.tuple !== tuple || !other.isActive || other.domain === domain) return;
    flow.mayBeHalf = other.packets[direction] === 0 && other.packets[1 - direction]! > 0;
  }

  /** Asked once for each mark. */
  isHalf(slot: number): boolean {
    const flow = this.flows.get(slot)!;
    const isHalf = flow.mayBeHalf && (flow.packets[0] === 0 || flow.packets[1] === 0);
    flow.mayBeHalf = false;
    return isHalf;
  }

  end(slot: number): void {
    this.flows.get(slot)!.isActive = false;
    this.flows.delete(slot);
  }
}

describe.each(BUILDS)('the %s build', (build, share) => {
  it('notices halves of conversations as a map of the last beginnings does', async () => {
    const flow = await CompiledFlow.make(build);
    const random = new SeededRandom(9);
    const table = new LinearTable(flow, 4000);
    const twin = new MapTwin();
    const view = new View();
    let found = 0;
    const steps = 40_000 * share;
    for (let step = 0; step < steps; step++) {
      const number = random.below(6);
      const source: Tuple['source'] = random.chance(0.5) ? ipv4End(number, 1) : [1, 2, 3, number, 1];
      const port = random.below(5);
      const tuple = { source, destination: ipv4End(7, port), transport: 17, domain: 0 };
      const domain = step < steps / 20 ? 0 : random.pick([0, 0, 5, -9]);
      let slot = table.find(setTuple(view, { ...tuple, domain }, random.chance(0.5)));
      const { direction } = table;
      if (slot === NO_FLOW) {
        slot = table.insert();
        flow.exports.beginHalf(slot, 0);
        twin.begin(slot, JSON.stringify(tuple), `${number} ${port}`, domain, direction, flow.exports.partitionOf(slot));
      }
      flow.exports.count(slot, direction, 1, 60);
      twin.flows.get(slot)!.packets[direction as 0 | 1]++;
      const looked = random.between(1, table.lastSlot);
      if (!table.isActive(looked)) continue;
      const isHalf = twin.isHalf(looked);
      if ((flow.exports.isHalf(looked) === 1) !== isHalf) throw new Error(`step ${step}: ${isHalf}`);
      if (isHalf) found++;
      if (!random.chance(0.5)) continue;
      table.remove(looked);
      twin.end(looked);
    }
    expect(found).toBeGreaterThan(steps / 400);
  });
});
