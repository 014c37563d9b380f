/** The fields of AH headers against what tshark reads of them. */
import { expect, it } from 'vitest';
import { DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { readPage } from '../kit/vector-pages.ts';
import { guarded, wire } from './compiled-wire.ts';

it.each(readPage('ah').map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
  const { at, end } = guarded(bytes.subarray(Number(fields.payloadAt)));
  expect(wire.checkAh(at, end)).toBe(DecodeStatus.OK);
  expect([wire.ahSpi(at) >>> 0, wire.ahSequence(at) >>> 0, wire.ahNextHeader(at), wire.ahLength(at)]).toEqual(
    [fields.spi, fields.sequence, fields.nextHeader, fields.length].map(Number),
  );
});
