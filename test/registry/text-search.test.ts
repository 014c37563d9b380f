/** Texts that contain a text: against a twin that compares every text, with small and large columns. */
import { describe, expect, it } from 'vitest';
import { TextColumn } from '../../src/registry/lookup/text-column.ts';
import { normalized, TextSearch } from '../../src/registry/lookup/text-search.ts';
import { SeededRandom } from '../kit/random.mjs';

function columnOf(texts: readonly string[]): TextColumn {
  const column = new TextColumn();
  for (const text of texts) column.push(text);
  return column;
}

function found(texts: readonly string[], wanted: string, most = Infinity): number[] {
  const search = new TextSearch(columnOf(texts));
  while (!search.prepare());
  const scan = search.begin(wanted);
  while (!search.scan(scan, most));
  return scan.rows;
}

describe('a search of texts', () => {
  it.each<[string, string[], string, number[]]>([
    ['a part in other capitals', ['Meridian Bank', 'Orion'], 'DIAN b', [0]],
    ['nothing', ['a'], 'b', []],
    ['an empty text', ['a', ''], '', []],
    ['no texts', [], 'a', []],
    ['two places in one text once', ['aaa', 'a'], 'a', [0, 1]],
    ['no place across two texts', ['ab', 'cd'], 'bc', []],
    ['letters of other scripts', ['Çelik Ltd', 'ÇELİK', 'بنك'], 'بن', [2]],
    ['compatible characters', ['ｆｕｌｌ width', 'full width'], 'FULL', [0, 1]],
    ['a line break', ['a\nb', 'a b'], 'a\nb', []],
  ])('finds %s', (_title, texts, wanted, rows) => {
    expect(found(texts, wanted)).toEqual(rows);
  });

  it('finds what a comparison of every text finds', () => {
    const random = new SeededRandom(3);
    const letters = ['a', 'b', 'B', 'ä', 'Ä', ' ', 'é', '銀'];
    const word = (most: number): string =>
      Array.from({ length: random.below(most + 1) }, () => random.pick(letters)).join('');
    for (let round = 0; round < 200; round++) {
      const texts = Array.from({ length: random.below(40) }, () => word(8));
      const wanted = word(3);
      const twin = texts.flatMap((text, at) => (normalized(text).includes(normalized(wanted)) ? [at] : []));
      expect(found(texts, wanted)).toEqual(wanted === '' ? [] : twin);
      expect(found(texts, wanted, 3)).toEqual(wanted === '' ? [] : twin.slice(0, 3));
    }
  });

  it('finds texts at the seams of the parts that one call scans', () => {
    const texts = Array.from({ length: 300_000 }, (_, at) => `holder number ${at}`);
    for (const at of [0, 131_071, 150_000, 299_999]) expect(found(texts, `NUMBER ${at}`)).toContain(at);
    expect(found(texts, 'number 29999')).toEqual([29_999, ...Array.from({ length: 10 }, (_, at) => 299_990 + at)]);
  });
});
