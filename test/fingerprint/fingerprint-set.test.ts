import { describe, expect, it } from 'vitest';
import { mayBeEspInUdp, noticeEspInUdp } from '../../src/fingerprint/esp-in-udp.ts';
import { Claim, claimsOf } from '../../src/fingerprint/claims.ts';
import { FingerprintSet } from '../../src/fingerprint/fingerprint-set.ts';
import { mayBeIke, noticeIke } from '../../src/fingerprint/ike.ts';
import { mayBeOpenvpn, noticeOpenvpn } from '../../src/fingerprint/openvpn.ts';
import { Framing, Payload } from '../../src/fingerprint/payload.ts';
import { Notice } from '../../src/fingerprint/verdict.ts';
import { mayBeWireguard, noticeWireguard } from '../../src/fingerprint/wireguard.ts';
import { guarded } from '../wire/guarded-bytes.ts';
import { FlowProbe, foundIn, only, START_SECONDS, type Step } from './flow-probe.ts';
import { auth, mainSa, marked, saInit, saInitAnswer } from './ike-messages.ts';
import { ah, esp } from './ipsec-packets.ts';
import { Noise, octets, u32 } from './octets.ts';
import { data1, data2, session } from './openvpn-messages.ts';
import { disco, initiation, response, transport } from './wireguard-messages.ts';

const noise = new Noise(41);
const peers = { initiator: noise.take(8), responder: noise.take(8) };

const wireguard: Step[] = [
  [0, initiation(0x5a11ce01)],
  [1, response(0x7b0bb1e5, 0x5a11ce01)],
  ...Array.from({ length: 6 }, (_, i): Step => [0, transport(0x7b0bb1e5, i)]),
];
const ike: Step[] = [
  [0, saInit(peers)],
  [1, saInitAnswer(peers)],
  [0, marked(auth(peers))],
  [0, mainSa(peers)],
];

describe('the set of fingerprints', () => {
  it('holds nothing once its flows have ended, whatever they were', () => {
    const set = new FingerprintSet();
    for (let round = 0; round < 20; round++) {
      const flows = [
        wireguard,
        ike,
        session('plain'),
        session('tls-auth', 64),
        session('tls-crypt'),
        session('tls-crypt-v2'),
      ];
      const probes = flows.map(() => new FlowProbe(set));
      // Interleaved, and ended at different points.
      for (let i = 0; i < 14; i++) {
        for (const [at, probe] of probes.entries()) {
          const step = flows[at]![i];
          if (step !== undefined && i < 14 - round / 2) probe.send(...step);
        }
      }
      for (const probe of probes) probe.end();
    }
    expect([set.blockCount, set.evidenceLog.count]).toEqual([0, 0]);
  });

  it('gives a flow up that shows nothing, and holds nothing for it', () => {
    const probe = new FlowProbe();
    for (let i = 0; i < 100 && !probe.isRetired; i++) probe.send(0, octets([0xaa], noise.take(50)));
    expect(probe.isRetired).toBe(true);
    expect([probe.set.blockCount, probe.set.evidenceLog.count]).toEqual([0, 0]);
  });

  it('gives a flow up that seems to begin something again and again', () => {
    const probe = new FlowProbe();
    let packets = 0;
    // Like ESP each time, with another SPI: taken up and ruled out in turn.
    for (; packets < 2000 && !probe.isRetired; packets++)
      probe.send(0, octets(u32(noise.index() | 1), u32(packets + 1), noise.take(88)));
    expect(probe.isRetired).toBe(true);
    expect(packets).toBeLessThan(200);
  });

  it('keeps the evidence of what was found when a flow is retired, and no other', () => {
    const steps = session('tls-crypt');
    const unfounded = new FlowProbe();
    unfounded.sendAll(only(1, steps).slice(0, 1), { framing: Framing.OPENVPN_RECORD });
    expect([unfounded.found, unfounded.entries.length]).toEqual(['none', 1]);
    unfounded.retire();
    expect([unfounded.set.blockCount, unfounded.set.evidenceLog.count]).toEqual([0, 0]);

    const founded = new FlowProbe();
    founded.sendAll(steps.slice(0, 1), { framing: Framing.OPENVPN_RECORD });
    const { entries } = founded;
    founded.retire();
    expect(founded.entries).toEqual(entries);
    expect(entries.length).toBeGreaterThan(1);
  });

  it('lets a strong sign take a flow over from a weak one', () => {
    expect(foundIn([[0, disco()], ...ike.slice(0, 2)])).toBe('ipsec ikev2 confirmed');
    expect(foundIn([[0, transport(0x5a11ce01, 7)], ...session('plain')])).toBe('openvpn plain confirmed');
    expect(foundIn([[0, data2(3, 1)], [0, data2(3, 2)], ...wireguard])).toBe('wireguard standard confirmed');
  });

  it('keeps what was confirmed, whatever comes behind it', () => {
    for (const steps of [wireguard, ike, session('plain')]) {
      const probe = new FlowProbe();
      const before = probe.sendAll(steps);
      expect(before).toContain('confirmed');
      for (let i = 0; i < 300; i++) probe.send(i & 1 ? 1 : 0, noise.take(1 + ((37 * i) % 400)));
      for (const other of [wireguard, ike, session('tls-crypt')]) probe.sendAll(other);
      expect(probe.found).toBe(before);
    }
  });

  it('keeps a suspicion through silence, and lets a handshake make it more', () => {
    const probe = new FlowProbe();
    expect(probe.send(0, initiation(0x5a11ce01))).toBe('wireguard standard suspected');
    for (let i = 0; i < 300; i++) probe.send(0, octets([0xaa], noise.take(50)));
    expect(probe.found).toBe('wireguard standard suspected');
    expect(probe.send(1, response(0x7b0bb1e5, 0x5a11ce01))).toBe('wireguard standard confirmed');
  });
});

const originals: readonly Step[] = [
  ...wireguard,
  ...ike,
  ...(['plain', 'tls-auth', 'tls-crypt', 'tls-crypt-v2'] as const).flatMap((wrap) => session(wrap)),
  ...Array.from({ length: 6 }, (_, i): Step[] => [
    [0, data1(i + 1)],
    [1, data2(3, i + 1)],
    [0, esp(0xc0de1234, i + 1)],
    [1, ah(0xc0de1234, i + 1)],
    [0, disco()],
  ]).flat(),
];
const { random } = noise;

/** Octets changed, cut off, added and moved. */
function mutated(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  for (let i = random.below(4); i > 0; i--) changed[random.below(changed.length)] = random.word();
  switch (random.below(4)) {
    case 0:
      return changed.subarray(0, random.below(changed.length + 1));
    case 1:
      return octets(changed, noise.take(random.below(40)));
    case 2:
      return octets(changed.subarray(random.below(8)));
    default:
      return changed;
  }
}

describe('mutated payloads', () => {
  const framings = Object.values(Framing);

  it('never throw, never are read beyond what was captured, and leave nothing behind', () => {
    const set = new FingerprintSet();
    for (let flow = 0; flow < 4000; flow++) {
      const probe = new FlowProbe(set);
      const first = random.below(originals.length);
      const framing = framings[random.below(framings.length)]!;
      // ESP and AH headers are checked by the decoder before anything looks behind them.
      const isNative = framing === Framing.ESP || framing === Framing.AH;
      for (let i = 0; i < 12; i++) {
        const [way, bytes] = originals[(first + i) % originals.length]!;
        const payload = mutated(bytes);
        const captured = random.below(3) === 0 ? random.below(payload.length + 1) : payload.length;
        if (isNative && captured < 12) continue;
        probe.send(way, payload, { captured, framing });
      }
      probe.end();
    }
    expect([set.blockCount, set.evidenceLog.count]).toEqual([0, 0]);
  });
});

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
