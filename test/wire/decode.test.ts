/** The layer walk against the vector pages, whole and cut at every length. */
import { beforeAll, describe, expect, it } from 'vitest';
import { POISONS } from '../kit/poisons.ts';
import { readAllPages, readFrames, type Vector } from '../kit/vector-pages.ts';
import { compiled } from '../assembly/compiled.ts';
import { LinearWalk, type WalkName } from './linear-walk.ts';

/** Fields of the ESP and AH pages that the walk does not look at, and what the dataplane does not keep. */
const OF_OTHER_TESTS = ['spi', 'sequence', 'nextHeader', 'length', 'moreFragments'];
const OPTIONAL = ['encapsulation', 'vlans', 'fragmentId'];

const cases = readFrames().map((vector) => [`${vector.page}: ${vector.title}`, vector] as const);

describe('vectors', () => {
  it('are many, and each has a title of its own on its page', () => {
    expect(cases.length).toBeGreaterThan(90);
    const titles = readAllPages().map(({ page, title }) => `${page}: ${title}`);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe('the layer walk', () => {
  let release: LinearWalk;
  let debug: LinearWalk;
  beforeAll(async () => {
    release = new LinearWalk(await compiled<WalkName>('wire-walk'));
    debug = new LinearWalk(await compiled<WalkName>('wire-walk', 'debug'));
  });

  it.each(cases)('%s', (_, { bytes, linkType, wireLength, fields }) => {
    const seen = release.describe(bytes, linkType, wireLength, 0xa5);
    const expected = Object.entries(fields).filter(([name]) => !OF_OTHER_TESTS.includes(name));
    expect(seen).toMatchObject(Object.fromEntries(expected));
    for (const name of OPTIONAL) expect(seen[name] ?? '', name).toBe(fields[name] ?? '');
  });

  it.each(cases)('%s, cut at any length', (_, { bytes, linkType, wireLength }: Vector) => {
    const whole = debug.describe(bytes, linkType, wireLength);
    for (let length = 0; length <= bytes.length; length++) {
      const part = bytes.subarray(0, length);
      // The debug build throws at a read outside the captured bytes.
      const cut = debug.describe(part, linkType, wireLength, 0xa5);
      expect(cut.status).not.toMatch(/^no name/);
      for (const poison of POISONS) {
        const poisoned = release.describe(part, linkType, wireLength, poison);
        if (JSON.stringify(poisoned) !== JSON.stringify(cut)) expect(poisoned).toEqual(cut);
      }
      if (cut.status !== 'ok') continue;
      const [at, captured, claimed] = [cut.payloadAt, cut.payloadCaptured, cut.payloadLength].map(Number);
      expect(captured).toBeGreaterThanOrEqual(0);
      expect(captured).toBeLessThanOrEqual(claimed!);
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at! + captured!).toBeLessThanOrEqual(length);
      // Where as many headers were read as in the whole packet, they say the same. A later fragment has no ports.
      if (cut.encapsulation === whole.encapsulation && cut.sourcePort !== undefined && whole.status === 'ok')
        expect({ ...whole, payloadAt: cut.payloadAt, payloadCaptured: cut.payloadCaptured }).toEqual(cut);
    }
  });
});
