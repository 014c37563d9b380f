/** The fields of ESP headers against what tshark reads of them. */
import { expect, it } from 'vitest';
import { DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { readPage } from '../kit/vector-pages.ts';
import { guarded, wire } from './compiled-wire.ts';

it.each(readPage('esp').map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
  const { at, end } = guarded(bytes.subarray(Number(fields.payloadAt)));
  expect(wire.checkEsp(at, end)).toBe(DecodeStatus.OK);
  expect([wire.espSpi(at) >>> 0, wire.espSequence(at) >>> 0]).toEqual([Number(fields.spi), Number(fields.sequence)]);
});
