/** The rehearsal of 10 November 2024 at full size: in each form, clients hit before the trip are at most the limit, and registered hits done are 0. */
import { afterAll, describe, expect, it } from 'vitest';
import { figuresOf, FORMS } from '../kit/rehearsal-forms.ts';
import { isShort, writeResult } from './proof-result.ts';

const CLIENTS = isShort ? 1000 : 20_000;
/** The limit for an hour is 2,000 clients: the slow outage needs more. */
const SLOW_CLIENTS = isShort ? 3000 : 20_000;

const began = performance.now();
const figures: Record<string, unknown> = {};

describe('10 November 2024, rehearsed', () => {
  for (const [name, run] of Object.entries(FORMS)) {
    it(name, async () => {
      const rehearsed = await run(name === 'an outage in slow steps' ? SLOW_CLIENTS : CLIENTS);
      const { day, without, allowed } = rehearsed;
      figures[name] = figuresOf(rehearsed);
      expect(without.hit.size).toBeGreaterThan(allowed);
      expect(day.trips).toHaveLength(1);
      expect(day.hit.size).toBeLessThanOrEqual(allowed);
      expect(day.registeredHits.in_force!.done).toBe(0);
    });
  }

  afterAll(() => {
    // Nothing in it is random: the captures are derived from committed handshakes.
    writeResult('rehearsal', 0, (performance.now() - began) / 1000, figures);
  });
});
