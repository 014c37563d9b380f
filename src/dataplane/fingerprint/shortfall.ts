/** Notes shortfalls (host/shortfall): one record for all flows, which the next payload overwrites. */
import { Shortfall, ShortfallWord } from '../host/shortfall.ts';
import type { Payload } from './payload.ts';

export const shortfall = new Int32Array(ShortfallWord.LENGTH);

/** Notes values of 32 bits and returns `answer`. */
export function fallShort<Answer extends number>(
  answer: Answer,
  reason: Shortfall,
  offset: number,
  expected: number,
  seen: number,
): Answer {
  return fallShortWide(answer, reason, offset, 0, expected, 0, seen);
}

/** Notes values of 64 bits, as high and low words; or two bounds of what was expected. */
export function fallShortWide<Answer extends number>(
  answer: Answer,
  reason: Shortfall,
  offset: number,
  expectedHigh: number,
  expectedLow: number,
  seenHigh: number,
  seenLow: number,
): Answer {
  shortfall[ShortfallWord.REASON] = reason;
  shortfall[ShortfallWord.OFFSET] = offset;
  shortfall[ShortfallWord.EXPECTED] = expectedHigh;
  shortfall[ShortfallWord.EXPECTED + 1] = expectedLow;
  shortfall[ShortfallWord.SEEN] = seenHigh;
  shortfall[ShortfallWord.SEEN + 1] = seenLow;
  return answer;
}

/** Notes that the captured bytes are fewer than a fingerprint needs, or that a check looks at. */
export function fallShortOf<Answer extends number>(answer: Answer, { captured }: Payload, needed: number): Answer {
  return fallShort(answer, Shortfall.TOO_SHORT, 0, needed, captured);
}

/** Notes that the bytes from `offset` of the payload on are not random. */
export function seemsClear<Answer extends number>(answer: Answer, payload: Payload, offset: number): Answer {
  const isThere = offset + 4 <= payload.captured;
  const seen = isThere ? payload.data.getInt32(payload.at + offset) : 0;
  return fallShort(answer, Shortfall.NOT_CIPHERTEXT, offset, 0, seen);
}
