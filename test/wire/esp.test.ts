/** The fields of ESP headers against what tshark reads of them. */
import { expect, it } from 'vitest';
import { DecodeStatus } from '../../src/dataplane/wire/decode-status.ts';
import { checkEsp, espSequence, espSpi } from '../../src/dataplane/wire/esp.ts';
import { guarded } from '../kit/guarded-bytes.ts';
import { readPage } from '../kit/vector-pages.ts';

it.each(readPage('esp').map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
  const { data, at, end } = guarded(bytes.subarray(Number(fields.payloadAt)));
  expect(checkEsp(data, at, end)).toBe(DecodeStatus.OK);
  expect([espSpi(data, at), espSequence(data, at)]).toEqual([Number(fields.spi), Number(fields.sequence)]);
});
