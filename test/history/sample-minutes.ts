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
const ACTIONS = ['allow', 'throttle', 'block'];
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
      const sketch = new ClientSketch();
      for (let i = random.below(clients + 1); i > 0; i--) {
        const client = random.below(3 * clients);
        sketch.add(Math.imul(client + 1, 0x9e3779b1), Math.imul(client + 7, 0x85ebca6b));
      }
      return { action, sketch: sketch.toBytes() };
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
