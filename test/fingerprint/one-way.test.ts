/** Captures of one direction only, as of a mirror port on an asymmetric route: the same protocol or nothing, never confirmed. */
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Stage } from '../../src/dataplane/host/finding.ts';
import { captures, paths, runCapture } from '../kit/capture-payloads.ts';

describe('one direction of the committed captures', () => {
  it.each(['up', 'down'] as const)(
    '%s: shows no other protocol, and confirms nothing but native ESP and AH',
    async (kept) => {
      const wrong: string[] = [];
      let compared = 0;
      for (const path of paths) {
        const whole = (await runCapture(path)).found.byFlow;
        for (const [flow, protocols] of (await runCapture(path, Infinity, kept)).found.byFlow) {
          if (flow.startsWith('esp/ah')) continue;
          for (const [protocol, { stage }] of protocols) {
            compared++;
            const isKnown = whole.get(flow)?.has(protocol) === true;
            if (!isKnown || stage === Stage.CONFIRMED)
              wrong.push(`${relative(captures, path)}: ${flow}: ${protocol} at ${stage}`);
          }
        }
      }
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(500);
    },
  );
});
