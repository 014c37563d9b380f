/** The fields of AH headers against what tshark reads of them. */
import { expect, it } from 'vitest';
import { ahLength, ahNextHeader, ahSequence, ahSpi, checkAh } from '../../src/dataplane/wire/ah.ts';
import { DecodeStatus } from '../../src/dataplane/wire/decode-status.ts';
import { guarded } from '../kit/guarded-bytes.ts';
import { readPage } from '../kit/vector-pages.ts';

it.each(readPage('ah').map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
  const { data, at, end } = guarded(bytes.subarray(Number(fields.payloadAt)));
  expect(checkAh(data, at, end)).toBe(DecodeStatus.OK);
  expect([ahSpi(data, at), ahSequence(data, at), ahNextHeader(data, at), ahLength(data, at)]).toEqual(
    [fields.spi, fields.sequence, fields.nextHeader, fields.length].map(Number),
  );
});
