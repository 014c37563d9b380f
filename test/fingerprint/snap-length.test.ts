/** Captures cut to a snap length: the same protocol as in the whole packets, or nothing, and never at a higher stage. */
import { relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FoundFlows } from '../../src/study/found-flows.ts';
import { captures, paths, runCapture } from '../kit/capture-payloads.ts';

/**
 * Made to be IKE but for what comes after the header: lengths of the chain, trailing bytes, payloads. Where the cut takes these away, what
 * is left is IKE, byte for byte.
 */
const DIFFERS_AFTER_THE_HEADER = 'negative/like-ike-like-lenient.pcap';

describe('committed captures', () => {
  const found = new Map<string, FoundFlows['byFlow']>();

  beforeAll(async () => {
    for (const path of paths) found.set(path, (await runCapture(path)).found.byFlow);
  }, 180_000);

  it.each([60, 64, 68, 96, 128])(
    'cut to %i bytes show no other protocol and no higher stage',
    async (snapLength) => {
      const wrong: string[] = [];
      let compared = 0;
      for (const [path, whole] of found) {
        if (relative(captures, path) === DIFFERS_AFTER_THE_HEADER) continue;
        const cut = (await runCapture(path, snapLength)).found.byFlow;
        for (const [flow, protocols] of cut) {
          for (const [protocol, { stage }] of protocols) {
            compared++;
            const expected = whole.get(flow)?.get(protocol)?.stage ?? 0;
            if (stage > expected)
              wrong.push(`${relative(captures, path)}: ${flow}: ${protocol} at ${stage}, not ${expected}`);
          }
        }
      }
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(200);
    },
    180_000,
  );
});
