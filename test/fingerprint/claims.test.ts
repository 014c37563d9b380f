/** The fingerprints that claim a payload at a glance, against asking every fingerprint. */
import { describe, expect, it } from 'vitest';
import { FingerprintId } from '../../src/dataplane/host/holder.ts';
import { checks } from '../kit/compiled-fingerprints.ts';
import { START_SECONDS } from '../kit/flow-probe.ts';
import { mutated, noise, originals } from './mutated-payloads.ts';

/** On what sign a fingerprint claims (dataplane/assembly/fingerprint/verdict). */
const MatchStrength = { NONE: 0, WEAK: 1, STRONG: 2 } as const;
/** The fingerprints that are asked about a datagram, in their order. */
const ASKED = [FingerprintId.WIREGUARD, FingerprintId.IKE, FingerprintId.OPENVPN, FingerprintId.ESP_IN_UDP];

/** Puts a payload together of which `captured` bytes are there; a read outside of them throws. */
function show(bytes: Uint8Array, captured: number): void {
  const at = checks.place(new DataView(bytes.buffer, bytes.byteOffset), 0, captured);
  checks.exports.show(at, captured, bytes.length, 0, 0, START_SECONDS * 1e6, 1, 0);
}

/** Asks every fingerprint about that payload, whatever a glance says. */
function askAll(): number {
  const strengths = ASKED.map((id) => checks.exports.match(id));
  const strong = strengths.indexOf(MatchStrength.STRONG);
  if (strong >= 0) return ASKED[strong]!;
  const weak = strengths.indexOf(MatchStrength.WEAK);
  return weak < 0 ? FingerprintId.NONE : ASKED[weak]! << 4;
}

describe('the glance', () => {
  it('passes over nothing that a fingerprint would claim', () => {
    const asked = ASKED.reduce((set, id) => set | (1 << id), 0);
    const claimed = new Set<number>();
    let passedOver = 0;
    for (let i = 0; i < 15_000; i++) {
      const original = i % 4 === 0 ? noise.bytes(noise.below(200)) : originals[noise.below(originals.length)]![1];
      const bytes = i % 3 === 0 ? mutated(original) : original;
      show(bytes, noise.below(4) === 0 ? noise.below(bytes.length + 1) : bytes.length);
      for (const id of ASKED) {
        if (checks.exports.mayBe(id) !== 0) continue;
        passedOver++;
        expect([id, checks.exports.match(id)]).toEqual([id, MatchStrength.NONE]);
      }
      const claims = checks.exports.offer(asked);
      expect(claims).toBe(askAll());
      claimed.add(claims);
    }
    // The strong and weak signs of all of them were there.
    expect([...claimed].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 16, 48, 64]);
    expect(passedOver).toBeGreaterThan(40_000);
  });
});
