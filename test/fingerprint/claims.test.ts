/** Who claims a payload at a glance, against asking every fingerprint. */
import { describe, expect, it } from 'vitest';
import { Claim, claimsOf } from '../../src/dataplane/fingerprint/claims.ts';
import { mayBeEspInUdp, noticeEspInUdp } from '../../src/dataplane/fingerprint/esp-in-udp.ts';
import { mayBeIke } from '../../src/dataplane/fingerprint/ike-message.ts';
import { noticeIke } from '../../src/dataplane/fingerprint/ike.ts';
import { mayBeOpenvpn, noticeOpenvpn } from '../../src/dataplane/fingerprint/openvpn.ts';
import { Payload } from '../../src/dataplane/fingerprint/payload.ts';
import { Notice } from '../../src/dataplane/fingerprint/verdict.ts';
import { mayBeWireguard, noticeWireguard } from '../../src/dataplane/fingerprint/wireguard.ts';
import { guarded } from '../wire/guarded-bytes.ts';
import { START_SECONDS } from './flow-probe.ts';
import { mutated, noise, originals, random } from './mutated-payloads.ts';

describe('the glance', () => {
  const asked = [
    [Claim.WIREGUARD, mayBeWireguard, noticeWireguard],
    [Claim.IKE, mayBeIke, noticeIke],
    [Claim.OPENVPN, mayBeOpenvpn, noticeOpenvpn],
    [Claim.ESP_IN_UDP, mayBeEspInUdp, noticeEspInUdp],
  ] as const;

  /** Asks every fingerprint, whatever a glance says. */
  function askAll(payload: Payload): number {
    for (const notice of [Notice.STRONG, Notice.WEAK]) {
      const claim = asked.find(([, , ask]) => ask(payload) === notice)?.[0] ?? Claim.NONE;
      if (claim !== Claim.NONE) return notice === Notice.STRONG ? claim : claim << 4;
    }
    return Claim.NONE;
  }

  it('passes over nothing that a fingerprint would claim', () => {
    const payload = new Payload();
    payload.timeUs = START_SECONDS * 1e6;
    const claimed = new Set<number>();
    let passedOver = 0;
    for (let i = 0; i < 15_000; i++) {
      const original = i % 4 === 0 ? noise.take(random.below(200)) : originals[random.below(originals.length)]![1];
      const bytes = i % 3 === 0 ? mutated(original) : original;
      payload.length = bytes.length;
      payload.captured = random.below(4) === 0 ? random.below(bytes.length + 1) : bytes.length;
      const { data, at } = guarded(bytes, payload.captured);
      payload.data = data;
      payload.at = at;
      for (const [claim, mayBe, ask] of asked) {
        if (mayBe(payload)) continue;
        passedOver++;
        expect([claim, ask(payload)]).toEqual([claim, Notice.NONE]);
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
