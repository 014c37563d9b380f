import { describe, expect, it } from 'vitest';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { CompiledFingerprints } from '../kit/compiled-fingerprints.ts';
import { FlowProbe, foundIn, only, type Step } from '../kit/flow-probe.ts';
import { ike, mutated, noise, originals, wireguard } from './mutated-payloads.ts';
import { concat, u32 } from '../kit/bytes.mjs';
import { data2, session } from '../kit/openvpn-messages.ts';
import { disco, initiation, response, transport } from './wireguard-messages.ts';

describe('the set of fingerprints', () => {
  it('holds nothing once its flows have ended, whatever they were', () => {
    const set = new CompiledFingerprints();
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
          if (step !== undefined && i < 14 - round / 2) probe.sendStep(step);
        }
      }
      for (const probe of probes) probe.end();
    }
    expect([set.blockCount, set.evidenceCount]).toEqual([0, 0]);
  });

  it('gives a flow up that shows nothing, and holds nothing for it', () => {
    const probe = new FlowProbe();
    for (let i = 0; i < 100 && !probe.isRetired; i++) probe.send(0, concat([0xaa], noise.bytes(50)));
    expect(probe.isRetired).toBe(true);
    expect([probe.set.blockCount, probe.set.evidenceCount]).toEqual([0, 0]);
  });

  it('gives a flow up that seems to begin something again and again', () => {
    const probe = new FlowProbe();
    let packets = 0;
    // Like ESP each time, with another SPI: taken up and ruled out in turn.
    for (; packets < 2000 && !probe.isRetired; packets++)
      probe.send(0, concat(u32(noise.largeWord() | 1), u32(packets + 1), noise.bytes(88)));
    expect(probe.isRetired).toBe(true);
    expect(packets).toBeLessThan(200);
  });

  it('keeps the evidence of what was found when a flow is retired, and no other', () => {
    const steps = session('tls-crypt');
    const unfounded = new FlowProbe();
    unfounded.sendAll(only(1, steps).slice(0, 1), { framing: Framing.OPENVPN_RECORD });
    expect([unfounded.found, unfounded.entries.length]).toEqual(['none', 1]);
    unfounded.retire();
    expect([unfounded.set.blockCount, unfounded.set.evidenceCount]).toEqual([0, 0]);

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
      for (let i = 0; i < 300; i++) probe.send(i & 1 ? 1 : 0, noise.bytes(1 + ((37 * i) % 400)));
      for (const other of [wireguard, ike, session('tls-crypt')]) probe.sendAll(other);
      expect(probe.found).toBe(before);
    }
  });

  it('finds every session that opens in a flow that was given up, however late', () => {
    const sessions = [
      wireguard,
      ike,
      session('plain'),
      session('tls-auth', 64),
      session('tls-crypt'),
      session('tls-crypt-v2'),
    ];
    const [found, alone] = [sessions.map((steps) => foundIn(steps)), sessions.map((steps) => foundIn(only(0, steps)))];
    for (const before of [24, 25, 200, 5000]) {
      for (const [i, steps] of sessions.entries()) {
        const probe = new FlowProbe();
        for (let n = 0; n < before; n++) probe.send(n & 1 ? 1 : 0, concat([0xaa], noise.bytes(30 + (n % 400))));
        expect(probe.isRetired).toBe(true);
        expect(probe.sendAll(steps), `after ${before}`).toBe(found[i]);

        const oneWay = new FlowProbe();
        for (let n = 0; n < before; n++) oneWay.send(0, concat([0xaa], noise.bytes(30 + (n % 400))));
        expect(oneWay.sendAll(only(0, steps)), `one way after ${before}`).toBe(alone[i]);
      }
    }
  });

  it('holds nothing of a given-up flow in which a session only seems to open, and gives it up again', () => {
    const probe = new FlowProbe();
    for (let n = 0; n < 30; n++) probe.send(0, concat([0xaa], noise.bytes(50)));
    for (let n = 0; n < 300; n++) {
      // The type and length of a WireGuard initiation over zeros, and a reset's with what no reset carries.
      probe.send(0, concat([1, 0, 0, 0], noise.bytes(4), new Uint8Array(140)));
      probe.send(1, concat([0x38], noise.bytes(53)));
      for (let k = 0; k < 3; k++) probe.send(0, noise.bytes(300));
    }
    expect([probe.found, probe.isRetired]).toEqual(['none', true]);
    expect([probe.set.blockCount, probe.set.evidenceCount]).toEqual([0, 0]);
  });

  it('wants a bare reset of a flow that had other packets to be repeated or answered', () => {
    const reset = session('plain')[0]![1];
    const others = Array.from({ length: 40 }, (): Step => [0, concat([0xaa], noise.bytes(50))]);
    expect(foundIn([...others, [0, reset]])).toBe('none');
    expect(foundIn([...others, [0, reset], [0, reset]])).toBe('openvpn plain suspected');
    // Keepalives that begin with a counter: every opcode and key id, a token, zeros.
    const keepalives = Array.from({ length: 600 }, (_, i): Step => [
      0,
      concat([i & 255], reset.subarray(1, 9), new Uint8Array(5)),
    ]);
    expect(foundIn(keepalives)).toBe('none');
  });

  it('lets a session that opens take a flow over from a suspicion on a strong sign', () => {
    const probe = new FlowProbe();
    expect(probe.sendAll(session('plain').slice(0, 1))).toBe('openvpn plain suspected');
    for (let n = 0; n < 300; n++) probe.send(0, concat([0xaa], noise.bytes(50)));
    expect(probe.sendAll(wireguard)).toBe('wireguard standard confirmed');
    const other = new FlowProbe();
    expect(other.send(0, initiation(0x5a11ce01))).toBe('wireguard standard suspected');
    expect(other.sendAll(ike)).toContain('ipsec ikev2 confirmed');
  });

  it('keeps a suspicion through silence, and lets a handshake make it more', () => {
    const probe = new FlowProbe();
    expect(probe.send(0, initiation(0x5a11ce01))).toBe('wireguard standard suspected');
    for (let i = 0; i < 300; i++) probe.send(0, concat([0xaa], noise.bytes(50)));
    expect(probe.found).toBe('wireguard standard suspected');
    expect(probe.send(1, response(0x7b0bb1e5, 0x5a11ce01))).toBe('wireguard standard confirmed');
  });
});

describe('mutated payloads', () => {
  const framings = Object.values(Framing);

  it('never throw, never are read beyond what was captured, and leave nothing behind', () => {
    const set = new CompiledFingerprints();
    for (let flow = 0; flow < 4000; flow++) {
      const probe = new FlowProbe(set);
      const first = noise.below(originals.length);
      const framing = framings[noise.below(framings.length)]!;
      // ESP and AH headers are checked by the decoder before anything looks behind them.
      const isNative = framing === Framing.ESP || framing === Framing.AH;
      for (let i = 0; i < 12; i++) {
        const [way, bytes] = originals[(first + i) % originals.length]!;
        const payload = mutated(bytes);
        const captured = noise.below(3) === 0 ? noise.below(payload.length + 1) : payload.length;
        if (isNative && captured < 12) continue;
        probe.send(way, payload, { captured, framing });
      }
      probe.end();
    }
    expect([set.blockCount, set.evidenceCount]).toEqual([0, 0]);
  });
});
