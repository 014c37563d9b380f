/** The layer walk against the vector pages, whole and cut at every length. */
import { describe, expect, it } from 'vitest';
import { Fragment } from '../../src/dataplane/wire/packet-view.ts';
import { DecodeStatus } from '../../src/dataplane/wire/decode-status.ts';
import { decodedView, describeBytes, describePacket } from './decoded.ts';
import { guarded, poisoned, POISONS } from '../kit/guarded-bytes.ts';
import { readAllPages, readFrames } from '../kit/vector-pages.ts';

/** Fields of the ESP and AH pages that the walk does not look at. */
const OF_OTHER_TESTS = ['spi', 'sequence', 'nextHeader', 'length'];
const OPTIONAL = ['encapsulation', 'vlans', 'fragmentId'];

const frames = readFrames();

describe('vectors', () => {
  it('are many, and each has a title of its own on its page', () => {
    expect(frames.length).toBeGreaterThan(90);
    const titles = readAllPages().map(({ page, title }) => `${page}: ${title}`);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it.each(frames.map((vector) => [`${vector.page}: ${vector.title}`, vector] as const))('%s', (_, vector) => {
    const seen = describeBytes(vector.bytes, vector.linkType, vector.wireLength);
    const expected = Object.entries(vector.fields).filter(([name]) => !OF_OTHER_TESTS.includes(name));
    expect(seen).toMatchObject(Object.fromEntries(expected));
    for (const name of OPTIONAL) expect(seen[name] ?? '', name).toBe(vector.fields[name] ?? '');
  });
});

describe('a capture cut at any length', () => {
  it.each(frames.map((vector) => [`${vector.page}: ${vector.title}`, vector] as const))('%s', (_, vector) => {
    const { bytes, linkType, wireLength } = vector;
    const whole = describeBytes(bytes, linkType, wireLength);
    for (let length = 0; length <= bytes.length; length++) {
      // The guarded view throws at a read outside the captured bytes.
      const packet = guarded(bytes, length);
      const cut = describePacket(packet, linkType, wireLength);
      expect(cut.status).not.toMatch(/^no name/);
      for (const poison of POISONS) {
        expect(describePacket(poisoned(bytes, length, poison), linkType, wireLength)).toEqual(cut);
      }
      const [status, view] = decodedView(packet, linkType, wireLength);
      if (status !== DecodeStatus.OK) continue;
      expect(view.payloadCaptured).toBeGreaterThanOrEqual(0);
      expect(view.payloadCaptured).toBeLessThanOrEqual(view.payloadLength);
      expect(view.payloadAt).toBeGreaterThanOrEqual(packet.at);
      expect(view.payloadAt + view.payloadCaptured).toBeLessThanOrEqual(packet.end);
      // Where as many headers were read as in the whole packet, they say the same.
      if (cut.encapsulation === whole.encapsulation && view.fragment !== Fragment.LATER && whole.status === 'ok') {
        expect({ ...whole, payloadAt: cut.payloadAt, payloadCaptured: cut.payloadCaptured }).toEqual(cut);
      }
    }
  });
});
