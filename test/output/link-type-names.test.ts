/** Each link type that is read has its own name in file names. */
import { expect, it } from 'vitest';
import { LINK_TYPE_NAME, linkTypeName } from '../../src/output/capture/link-type-names.ts';
import { compiledCodes } from '../assembly/compiled-codes.ts';

it('has a name for each link type that is read, different for each', () => {
  const names = Object.values(compiledCodes('LinkType.')).map(linkTypeName);
  expect(names.filter((name) => name.startsWith('linktype-'))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  for (const name of [...names, linkTypeName(220)]) expect(name).toMatch(LINK_TYPE_NAME);
});
