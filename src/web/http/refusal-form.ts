/** The form of a refusal's answer: the API answers in JSON, with the code of the reason, and all others in text. */
import { type Reason, reasonOf, reasonWith } from '../api/refusals.ts';
import { API, type ApiAnswer, plainText, refusal } from '../api/route.ts';
import { pathOf } from './request-check.ts';

/** What a request that is too large, or no JSON, is refused by, as the framework names it. */
const FRAMEWORK_CODES = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'body-no-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body-no-json',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'body-other-type',
} as const;
const TOO_LARGE = 'FST_ERR_CTP_BODY_TOO_LARGE';

export function inForm(request: { readonly url?: string | undefined }, status: number, reason: Reason): ApiAnswer {
  return pathOf(request).startsWith(`${API}/`) ? refusal(status, reason) : plainText(status, reason.problem);
}

/** The reason of an error of the framework. `largestBytes`: that of a body. */
export function frameworkReason({ code = '', message }: NodeJS.ErrnoException, largestBytes: number): Reason {
  if (code === TOO_LARGE) return reasonWith('body-too-large', String(largestBytes));
  const known: Readonly<Partial<Record<string, (typeof FRAMEWORK_CODES)[keyof typeof FRAMEWORK_CODES]>>> =
    FRAMEWORK_CODES;
  const own = known[code];
  return own === undefined ? reasonWith('request-malformed', message) : reasonOf(own);
}
