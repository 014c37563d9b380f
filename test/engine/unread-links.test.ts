import { describe, expect, it } from 'vitest';
import { UnreadLinks } from '../../src/dataplane/host/unread-links.ts';

function noted(counts: Readonly<Record<number, number>>): UnreadLinks {
  const links = new UnreadLinks();
  for (const [linkType, packets] of Object.entries(counts)) links.note(Number(linkType), packets);
  return links;
}

describe('UnreadLinks', () => {
  it('lists those with the most packets first, and of as many by number', () => {
    const links = noted({ 220: 3, 189: 7, 227: 3 });
    expect(links.total).toBe(13);
    expect(links.rows().map(({ linkType, name, packets }) => [linkType, name, packets])).toEqual([
      [189, 'USB_LINUX', 7],
      [220, 'USB_LINUX_MMAPPED', 3],
      [227, 'CAN_SOCKETCAN', 3],
    ]);
    expect(links.text(true)).toBe('189 (USB_LINUX) 7, 220 (USB_LINUX_MMAPPED) 3, 227 (CAN_SOCKETCAN) 3');
    expect(links.text(false)).toBe('189 (USB_LINUX), 220 (USB_LINUX_MMAPPED), 227 (CAN_SOCKETCAN)');
  });

  it('says what has come since a copy, and adds up', () => {
    const links = noted({ 220: 3 });
    const before = links.copy();
    links.note(220);
    links.note(189);
    expect(links.since(before).rows()).toMatchObject([
      { linkType: 189, packets: 1 },
      { linkType: 220, packets: 1 },
    ]);
    before.add(links.since(before));
    expect(before.rows()).toEqual(links.rows());
  });

  it('names eight of many, and holds no more entries than there are link types', () => {
    const links = new UnreadLinks();
    for (let linkType = 0xff_f000; linkType < 0xff_ffff; linkType++) links.note(linkType);
    expect(links.count).toBe(1);
    for (let linkType = 300; linkType < 310; linkType++) links.note(linkType);
    expect(links.text(false)).toMatch(/^65535 \(unknown\), 300 \(unknown\), .* and 3 more$/);
  });
});
