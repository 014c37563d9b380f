/** The domain of an encapsulation, which is part of a flow's identity. */
import { describe, expect, it } from 'vitest';
import { describeBytes } from './decoded.ts';
import { bytesOf, type Bytes, PACKET } from '../kit/frame-builder.ts';
import * as build from '../kit/frame-builder.ts';

const ETHERNET = 1;
/** Ethernet around IPv4, or another layer by its type. */
const frame = (octets: Bytes, type = 0x0800): Bytes => build.ethernet(type, octets);

describe('the domain of an encapsulation', () => {
  const domainOf = (octets: Bytes): string => describeBytes(bytesOf(octets), ETHERNET).domain!;
  const reversed = build.ipv4(17, build.udp(40002, 40001, [9]), {
    source: [198, 51, 100, 9],
    destination: [192, 0, 2, 7],
  });

  it('is the same in both directions', () => {
    expect(domainOf(frame(build.vlan(5, 0x0800, PACKET), 0x8100))).toBe(
      domainOf(frame(build.vlan(5, 0x0800, reversed), 0x8100)),
    );
    expect(domainOf(frame([...build.label(5, true), ...PACKET], 0x8847))).toBe(
      domainOf(frame([...build.label(6, false), ...build.label(7, true), ...reversed], 0x8847)),
    );
    expect(domainOf(frame(build.ipv4(17, build.udp(1, 2152, build.gtp(1, PACKET)))))).toBe(
      domainOf(frame(build.ipv4(17, build.udp(1, 2152, build.gtp(2, reversed))))),
    );
  });

  it('is not changed by a priority tag, alone or below another tag', () => {
    expect(domainOf(frame(build.vlan(0xa000, 0x0800, PACKET), 0x8100))).toBe(domainOf(frame(reversed)));
    expect(domainOf(frame(build.vlan(5, 0x8100, build.vlan(0, 0x0800, PACKET)), 0x88a8))).toBe(
      domainOf(frame(build.vlan(5, 0x0800, reversed), 0x8100)),
    );
  });

  it('tells networks apart, and their order', () => {
    const domains = [
      frame(PACKET),
      ...[1, 2, 3].map((id) => frame(build.vlan(id, 0x0800, PACKET), 0x8100)),
      frame(build.vlan(1, 0x8100, build.vlan(2, 0x0800, PACKET)), 0x8100),
      frame(build.vlan(2, 0x8100, build.vlan(1, 0x0800, PACKET)), 0x8100),
      ...[1, 2].map((id) => frame(build.ipv4(17, build.udp(1, 4789, build.vxlan(id, frame(PACKET)))))),
      ...[1, 2].map((id) => frame(build.ipv4(17, build.udp(1, 6081, build.geneve(0x0800, id, PACKET))))),
      frame(build.ipv4(4, PACKET)),
    ].map(domainOf);
    expect(new Set(domains).size).toBe(domains.length);
  });
});
