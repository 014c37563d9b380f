/** Minutes with random content, for tests of the history. */
import { ClientSketch } from '../../src/history/client-sketch.ts';
import type { Minute, Place, SeriesKey } from '../../src/history/roll-up.ts';
import { ZoneClock } from '../../src/history/zone-clock.ts';
import { SeededRandom } from '../kit/random.mjs';

export const PLACE: Place = { site: 'karachi-1', isp: 'isp-a', link: 'east' };
export const UTC = new ZoneClock('UTC');
/** 2026-03-01T00:00:00Z. */
export const START_S = 1_772_323_200;
export const RETENTION = { minute: 7 * 86_400, hour: 730 * 86_400, day: Infinity };

const PROTOCOLS = ['wireguard', 'openvpn', 'ipsec'];
const STAGES = ['suspected', 'confirmed'];
export const ACTIONS = ['allow', 'throttle', 'block'];
const RULES = ['', 'evening, "peak"', '=cmd', 'block-unregistered'];
const REGISTERED = ['none', 'source', 'destination', 'both'];
const SECTORS = ['', 'bank', 'it'];
const MODES = ['observe', 'enforce'];
const KINDS = ['in_force', 'on_purpose', 'other_protocol'];
const OUTCOMES = ['would', 'prevented', 'done'];

function randomKey(random: SeededRandom): SeriesKey {
  return {
    protocol: random.pick(PROTOCOLS),
    stage: random.pick(STAGES),
    action: random.pick(ACTIONS),
    rule: random.pick(RULES),
    registered: random.pick(REGISTERED),
    sector: random.pick(SECTORS),
    mode: random.pick(MODES),
  };
}

/** A hash as good as the engine's. */
export function addClient(sketch: ClientSketch, id: number): void {
  sketch.add(mixed(Math.imul(id + 1, 0x9e3779b1)), mixed(id ^ 0x5bd1e995));
}

/** The finalizer of MurmurHash3. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

export function clientsRow(action: string, ids: readonly number[]): Minute['clients'][number] {
  const sketch = new ClientSketch();
  for (const id of ids) addClient(sketch, id);
  return { action, sketch: sketch.toBytes() };
}

/** A minute with up to `most` series; the same series may be in it twice. */
export function randomMinute(
  random: SeededRandom,
  minuteS: number,
  { place = PLACE, clock = UTC, most = 6, clients = 40 } = {},
): Minute {
  const actions = ACTIONS.filter(() => random.chance(0.7));
  return {
    place,
    minuteS,
    hourS: clock.hourStart(minuteS),
    dayS: clock.dayStart(minuteS),
    series: Array.from({ length: random.below(most + 1) }, () => {
      const packets = random.below(100_000);
      const delayed = random.below(packets + 1);
      const dropped = random.below(packets - delayed + 1);
      const counts = [random.below(50), random.below(50), packets, packets * 700, delayed, delayed * 700];
      return { key: randomKey(random), counts: [...counts, dropped, dropped * 700] };
    }),
    coverage: {
      seconds: random.between(1, 60),
      packets: random.below(1_000_000),
      bytes: random.below(1_000_000_000),
      lost_packets: random.chance(0.9) ? 0 : random.below(1000),
      undecoded_packets: random.below(10),
      lost_lines: random.below(3),
      lag_us: random.below(2_000_000),
      active_flows: random.below(5000),
    },
    clients: actions.map((action) => {
      const ids = Array.from({ length: random.below(clients + 1) }, () => random.below(3 * clients));
      return clientsRow(action, ids);
    }),
    harm: KINDS.filter(() => random.chance(0.3)).map((kind) => ({
      kind,
      outcome: random.pick(OUTCOMES),
      count: random.between(1, 9),
    })),
  };
}

/** A minute whose only count is one decision: a sum of decisions is a number of minutes. */
export function countedMinute(minuteS: number, place = PLACE): Minute {
  const key = randomKey(new SeededRandom(1));
  return {
    ...randomMinute(new SeededRandom(1), minuteS, { place, most: 0 }),
    series: [{ key, counts: [0, 1, 0, 0, 0, 0, 0, 0] }],
    harm: [],
  };
}
