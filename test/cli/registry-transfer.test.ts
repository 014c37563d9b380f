/** A registry that was transferred between threads gives the same answers: all classes and memory are restored. */
import { expect, it } from 'vitest';
import { registryBlocks, reviveRegistry } from '../../src/registry/registry-transfer.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';

const CSV = `prefix,holder,sector,protocols,valid_from,valid_until,reference
198.51.100.0/24,Bank,bank,,,,R-1
198.51.100.7/32,Bank,bank,wireguard,2024-01-01,2024-12-31,R-2
198.51.100.7/32,Clinic,other,openvpn,2025-01-01,,R-3
2001:db8::/32,University,university,,,,R-4
2001:db8::7/128,Mission,mission,ipsec,,,R-5
`;
const ADDRESSES = [
  [0, 0, 0xffff, 0xc6336407 | 0],
  [0, 0, 0xffff, 0xc6336408 | 0],
  [0, 0, 0xffff, 0x01010101],
  [0x20010db8, 0, 0, 7],
  [0x20010db8, 0, 0, 8],
] as const;

function parsed(): Registry {
  const { registry } = parseRegistry(new TextEncoder().encode(CSV), 'registry.csv');
  if (registry === null) throw new Error('the registry of this test is not valid');
  return registry;
}

it('answers what it answered before', () => {
  const stayed = parsed();
  const leaving = parsed();
  const moved = reviveRegistry(structuredClone(leaving, { transfer: registryBlocks(leaving) }));
  expect([moved.count, moved.sha256, moved.byteLength]).toEqual([stayed.count, stayed.sha256, stayed.byteLength]);
  const rows = new Set<number>();
  for (const [a, b, c, d] of ADDRESSES) {
    for (const time of ['2024-06-01', '2025-06-01']) {
      for (let protocol = 0; protocol < 4; protocol++) {
        const timeUs = Date.parse(time) * 1000;
        const row = stayed.covers(a, b, c, d, timeUs, protocol);
        rows.add(row);
        expect(moved.covers(a, b, c, d, timeUs, protocol)).toBe(row);
        if (row >= 0) expect(moved.sectorOf(row)).toBe(stayed.sectorOf(row));
      }
    }
    expect(moved.nextBoundary(0)).toBe(stayed.nextBoundary(0));
  }
  expect(rows.size).toBe(6);
});
