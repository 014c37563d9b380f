/** Rows that have exactly a text: against a twin that compares every text. */
import { describe, expect, it } from 'vitest';
import { TextColumn } from '../../src/registry/lookup/text-column.ts';
import { TextIndex } from '../../src/registry/lookup/text-index.ts';
import { SeededRandom } from '../kit/random.mjs';

function indexOf(texts: readonly string[]): TextIndex {
  const column = new TextColumn();
  for (const text of texts) column.push(text);
  const index = new TextIndex(column);
  while (!index.prepare());
  return index;
}

function twin(texts: readonly string[], wanted: string, most: number): object {
  const rows = texts.flatMap((text, row) => (wanted !== '' && text === wanted ? [row] : []));
  return { total: rows.length, rows: rows.slice(0, most) };
}

describe('an index of texts', () => {
  it('finds what a comparison of every text finds', () => {
    const random = new SeededRandom(11);
    const letters = ['a', 'b', 'ä', '銀', ' '];
    const word = (most: number): string =>
      Array.from({ length: random.below(most + 1) }, () => random.pick(letters)).join('');
    for (let round = 0; round < 300; round++) {
      const texts = Array.from({ length: random.below(60) }, () => word(3));
      const index = indexOf(texts);
      for (const wanted of [...texts, word(3), word(5)])
        for (const most of [0, 2, 100]) expect(index.find(wanted, most)).toEqual(twin(texts, wanted, most));
    }
  });

  it.each<[string, string[]]>([
    ['distinct', Array.from({ length: 50_000 }, (_, at) => `OW-${at}`)],
    ['the same in pairs', Array.from({ length: 50_000 }, (_, at) => `OW-${at >> 1}`)],
    ['all the same', Array.from({ length: 50_000 }, () => 'OW-1')],
    ['empty', Array.from({ length: 50_000 }, () => '')],
  ])('of 50,000 texts that are %s finds the first, the last and none', (_what, texts) => {
    const index = indexOf(texts);
    for (const wanted of [texts[0]!, texts[25_001]!, texts.at(-1)!, 'OW-', 'OW-1 ', '', 'ow-1', 'OW-1\0'])
      expect(index.find(wanted, 100)).toEqual(twin(texts, wanted, 100));
  });

  it('takes no more than 20 bytes for a text', () => {
    const texts = Array.from({ length: 100_000 }, (_, at) => `OW-${at}`);
    expect(indexOf(texts).byteLength / texts.length).toBeLessThan(20);
  });
});
