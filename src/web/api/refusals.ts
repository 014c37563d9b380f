/**
 * Refusals that quote nothing of a request, by their codes. An answer has both: the reason, and the code by which the
 * page's catalogue has it in its language. Each reason can follow a colon.
 */
export const REFUSALS = {
  'decision-not-kept': 'this decision is not kept: only the newest ones are',
  'incident-unknown': 'there is no such incident',
  'note-unknown': 'there is no such note; incidents that were detected stay',
  'row-unknown': 'the registry in use has no such row',
  'registry-hidden':
    'addresses are hidden here, and a search would connect an address or a holder with the pseudonyms of decisions',
  'report-unknown': 'there is no such report',
  'report-with-people':
    'a kept report for operators says what people did: it is for auditors and operators who sign in',
  'reports-busy': 'other reports are being made; try again in a few seconds',
  'no-chromium': 'a PDF is printed by Chromium, and none is installed here; print the page instead',
  'only-operators': 'only an operator with an account may act',
  'not-signed-in': 'sign in first',
  'no-accounts': 'there are no accounts here; on the machine of this daemon: sluice account add NAME',
  'accounts-unusable': 'the accounts cannot be used; the log of the daemon says why',
  'sign-in-busy': 'too many sign in at this moment: try again',
  'wrong-password': 'name or password is wrong',
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** The reason of a refusal, with its code. */
export function reasonOf(code: RefusalCode): { readonly problem: string; readonly code: RefusalCode } {
  return { problem: REFUSALS[code], code };
}
