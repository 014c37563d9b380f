/**
 * Refusals by their codes. An answer has the reason, the code by which the page's catalogue has it in its language, and
 * the values of the reason where it has any. Each reason can follow a colon.
 */
import type { CodedProblem } from '../../core/coded-problem.ts';

export const REFUSALS = {
  'decision-not-kept': 'this decision is not kept: only the newest ones are',
  'incident-unknown': 'there is no such incident',
  'note-unknown': 'there is no such note; incidents that were detected stay',
  'row-unknown': 'the registry in use has no such row',
  'registry-hidden':
    'addresses are hidden here, and a search would connect an address or a holder with the pseudonyms of decisions',
  'decision-key':
    'a decision is named by its number, its number and flow_id (17-3f0c9a7be21d4c55), or flow_id and packet',
  'bytes-hidden': 'addresses are hidden here, so bytes are too',
  'captures-not-kept': 'the captures are not kept',
  'bytes-busy': 'the bytes of another decision are being read; try again',
  'capture-reader-ended': 'the process that reads captures has ended',
  'registry-busy': 'too many searches are waiting; try again in a moment',
  'report-unknown': 'there is no such report',
  'report-with-people':
    'a kept report for operators says what people did: it is for auditors and operators who sign in',
  'reports-busy': 'other reports are being made; try again in a few seconds',
  'no-chromium': 'a PDF is printed by Chromium, and none is installed here; print the page instead',
  'only-operators': 'only an operator with an account may act',
  'not-signed-in': 'sign in first',
  'people-without-accounts':
    'what people did is shown to those who sign in; on the machine of this daemon: sluice account add ' +
    'NAME --role auditor',
  'actions-without-accounts':
    'actions need an account; on the machine of this daemon: sluice account add NAME --role operator',
  'elsewhere-without-accounts':
    'other machines see the pages with an account only; on the machine of this daemon: sluice account add NAME',
  'no-accounts': 'there are no accounts here; on the machine of this daemon: sluice account add NAME',
  'accounts-unusable': 'the accounts cannot be used; the log of the daemon says why',
  'sign-in-busy': 'too many sign in at this moment: try again',
  'another-trip': 'the breaker has tripped again: look at the new trip before you reset it',
  'another-draft': 'the draft is another one by now: look at it before you end it',
  'wrong-password': 'name or password is wrong',
  'nothing-here': 'there is nothing here',
  'other-site': 'a page of another site sent this request',
  'other-sites-unanswered': 'requests of other sites are not answered',
  'session-token': 'the header x-csrf-token does not have the token of this session (GET /session)',
  'only-proxy': 'only the proxy is served',
  'proxy-unnamed':
    'this request came by a proxy, and only this machine is served: name the proxy with --proxy ' +
    'ADDRESS (accounts are needed then)',
  'other-host': 'this server does not have the name in the header Host (--host-name)',
  'whole-address': 'the address in a request begins with /',
  'token-missing': 'only with the header Authorization: Bearer and the token',
  'token-wrong': 'the token is wrong',
  'body-no-json': 'the body of the request is no JSON',
  'body-other-type': 'the body of a request is JSON, with the header Content-Type: application/json',
  'server-starting': 'starting',
  'request-failed': 'the request failed; see the log',
} as const;

/** Refusals whose reason has values, in this order. */
export const REFUSALS_OF = {
  'too-many-attempts': (seconds: string) => `too many attempts: try again in ${seconds} s`,
  'decisions-unsearchable': (said: string) => `recent decisions cannot be searched now: ${said}; try again`,
  'prefix-truncated': (longest: string, example: string) =>
    `prefix: addresses are shown truncated, so a prefix of at most ${longest}, like ${example}, can be searched for, ` +
    'and no address',
  'capture-gone': (file: string) => `${file} is not there any more`,
  'captures-too-large': (gigabytes: string) =>
    `the captures have ${gigabytes} GB, and at most 1 GB is read here; use sluice explain`,
  'captures-slow': (seconds: string) => `reading took longer than ${seconds} s; use sluice explain`,
  'capture-reader-not-started': (said: string) => `the process that reads captures cannot be started: ${said}`,
  'capture-unreadable': (said: string) => said,
  'report-unreadable': (said: string) => `the report cannot be read: ${said}`,
  'report-table-unknown': (table: string, tables: string) =>
    `the report has no table "${table}"; its tables: ${tables}`,
  'pdf-failed': (said: string) => `the PDF could not be printed: ${said}`,
  'more-hits': (hits: string) => `${hits} more registered hits were counted meanwhile: look at them first`,
  'draft-unknown': (file: string) => `${file} is no policy in the folder of drafts`,
  'other-role': (name: string, role: string, ...roles: string[]) =>
    `this needs the role ${roles.join(' or ')}; ${name} is ${role}`,
  'other-network': (here: string, ...networks: string[]) =>
    `this account is for ${networks.join(', ')}; this daemon watches ${here}`,
  'method-not-taken': (path: string, ...methods: string[]) => `${path} takes ${methods.join(', ')}`,
  'too-many-requests': (seconds: string) => `too many requests from this address: try again in ${seconds} s`,
  'body-too-large': (bytes: string) => `the body of a request has at most ${bytes} bytes`,
  'request-malformed': (said: string) => said,
  'outside-networks': (other: string, ...networks: string[]) =>
    `this account is for ${networks.join(', ')}, and not for ${other}`,
  'network-not-named': (...networks: string[]) =>
    `this account is for ${networks.join(', ')}; this daemon names no network (--isp)`,
} satisfies Readonly<Record<string, (...values: string[]) => string>>;

export type RefusalCode = keyof typeof REFUSALS;
export type ValuedRefusalCode = keyof typeof REFUSALS_OF;

/** Why something is refused, for users and for the page. */
export interface Reason {
  readonly problem: string;
  /** The code of a refusal, or of a problem that another part has words for. */
  readonly code?: string;
  readonly values?: readonly string[];
}

/** The reason of a refusal, with its code. */
export function reasonOf(code: RefusalCode): { readonly problem: string; readonly code: RefusalCode } {
  return { problem: REFUSALS[code], code };
}

/** The reason of a refusal that has values. */
export function reasonWith(code: ValuedRefusalCode, ...values: readonly string[]): CodedProblem {
  const words: (...all: string[]) => string = REFUSALS_OF[code];
  return { problem: words(...values), code, values };
}
