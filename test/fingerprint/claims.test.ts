/** The fingerprints that claim a payload at a glance, against asking every fingerprint. */
import { describe, expect, it } from 'vitest';
import { claimsOf } from '../../src/dataplane/fingerprint/claims.ts';
import { FingerprintId } from '../../src/dataplane/host/holder.ts';
import { mayBeEspInUdp, matchEspInUdp } from '../../src/dataplane/fingerprint/esp-in-udp.ts';
import { mayBeIke } from '../../src/dataplane/fingerprint/ike-message.ts';
import { matchIke } from '../../src/dataplane/fingerprint/ike.ts';
import { mayBeOpenvpn, matchOpenvpn } from '../../src/dataplane/fingerprint/openvpn.ts';
import { Payload } from '../../src/dataplane/fingerprint/payload.ts';
import { MatchStrength } from '../../src/dataplane/fingerprint/verdict.ts';
import { mayBeWireguard, matchWireguard } from '../../src/dataplane/fingerprint/wireguard.ts';
import { guarded } from '../kit/guarded-bytes.ts';
import { START_SECONDS } from '../kit/flow-probe.ts';
import { mutated, noise, originals } from './mutated-payloads.ts';

describe('the glance', () => {
  const asked = [
    [FingerprintId.WIREGUARD, mayBeWireguard, matchWireguard],
    [FingerprintId.IKE, mayBeIke, matchIke],
    [FingerprintId.OPENVPN, mayBeOpenvpn, matchOpenvpn],
    [FingerprintId.ESP_IN_UDP, mayBeEspInUdp, matchEspInUdp],
  ] as const;

  /** Asks every fingerprint, whatever a glance says. */
  function askAll(payload: Payload): number {
    for (const strength of [MatchStrength.STRONG, MatchStrength.WEAK]) {
      const claim = asked.find(([, , ask]) => ask(payload) === strength)?.[0] ?? FingerprintId.NONE;
      if (claim !== FingerprintId.NONE) return strength === MatchStrength.STRONG ? claim : claim << 4;
    }
    return FingerprintId.NONE;
  }

  it('passes over nothing that a fingerprint would claim', () => {
    const payload = new Payload();
    payload.timeUs = START_SECONDS * 1e6;
    const claimed = new Set<number>();
    let passedOver = 0;
    for (let i = 0; i < 15_000; i++) {
      const original = i % 4 === 0 ? noise.bytes(noise.below(200)) : originals[noise.below(originals.length)]![1];
      const bytes = i % 3 === 0 ? mutated(original) : original;
      payload.length = bytes.length;
      payload.captured = noise.below(4) === 0 ? noise.below(bytes.length + 1) : bytes.length;
      const { data, at } = guarded(bytes, payload.captured);
      payload.data = data;
      payload.at = at;
      for (const [claim, mayBe, ask] of asked) {
        if (mayBe(payload)) continue;
        passedOver++;
        expect([claim, ask(payload)]).toEqual([claim, MatchStrength.NONE]);
      }
      const claims = claimsOf(payload);
      expect(claims).toBe(askAll(payload));
      claimed.add(claims);
    }
    // Everybody's strong and weak signs were among them.
    expect([...claimed].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 16, 48, 64]);
    expect(passedOver).toBeGreaterThan(40_000);
  });
});
