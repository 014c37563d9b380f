/** Names as rows: what is kept comes out, and only the same name is held to be the same. */
import { expect, it } from 'vitest';
import { FlowIdentity } from '../../src/decision/flow-record.ts';
import { FlowIdentityTable } from '../../src/decision/flow-identity-table.ts';
import { SeededRandom } from '../kit/random.mjs';

const random = new SeededRandom(7);

function draw(): FlowIdentity {
  const name = new FlowIdentity();
  for (let word = 0; word < 4; word++) {
    name.source[word] = random.word();
    name.destination[word] = random.word();
  }
  name.sourcePort = random.below(0x10000);
  name.destinationPort = random.below(0x10000);
  name.transport = random.below(256);
  name.domain = random.word() | 0;
  name.firstPacket = 2 ** 33 + random.below(1000);
  name.firstTimeUs = 1_731_261_600_000_000.5 + random.below(1000);
  return name;
}

it('come out as they were kept, whatever the rows beside them', () => {
  const rows = new FlowIdentityTable(50);
  const names = Array.from({ length: 50 }, draw);
  names.forEach((name, row) => {
    rows.keep(row, name);
  });
  names.forEach((name, row) => {
    const read = new FlowIdentity();
    rows.read(row, read);
    expect(read).toEqual(name);
    expect(rows.holds(row, name)).toBe(true);
    expect([rows.hasAddress(row, 0, name.source), rows.hasAddress(row, 1, name.destination)]).toEqual([true, true]);
    expect([rows.hasAddress(row, 1, name.source), rows.hasAddress(row, 0, name.destination)]).toEqual([false, false]);
  });
});

it.each<[string, (name: FlowIdentity) => void]>([
  ['source', (name) => (name.source[random.below(4)]! ^= 1)],
  ['destination', (name) => (name.destination[random.below(4)]! ^= 1)],
  ['source port', (name) => (name.sourcePort ^= 1)],
  ['destination port', (name) => (name.destinationPort ^= 1)],
  ['transport', (name) => (name.transport ^= 1)],
  ['domain', (name) => (name.domain ^= 1)],
  ['first packet', (name) => (name.firstPacket += 1)],
  ['time', (name) => (name.firstTimeUs += 0.5)],
])('another %s is another name', (_, change) => {
  const rows = new FlowIdentityTable(1);
  const name = draw();
  rows.keep(0, name);
  change(name);
  expect(rows.holds(0, name)).toBe(false);
});
