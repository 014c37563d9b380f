/** The reasons with which a reviewer refuses or revokes. An administrator changes the list; these are its beginning. */

export interface Reason {
  readonly code: string;
  readonly use: 'refuse' | 'revoke';
  readonly title: string;
  readonly isActive: boolean;
}

export const FIRST_REASONS: readonly Omit<Reason, 'isActive'>[] = [
  { code: 'not-holder', use: 'refuse', title: 'The addresses are not given to the applicant' },
  { code: 'no-evidence', use: 'refuse', title: 'The evidence does not show what it is needed for' },
  { code: 'public-service', use: 'refuse', title: 'The far end is a VPN service for the public' },
  { code: 'too-wide', use: 'refuse', title: 'The prefix is wider than the purpose needs' },
  { code: 'duplicate', use: 'refuse', title: 'The addresses are registered already' },
  { code: 'no-answer', use: 'refuse', title: 'A question was not answered' },
  { code: 'left', use: 'revoke', title: 'The holder no longer has the addresses' },
  { code: 'misuse', use: 'revoke', title: 'The registration is used for another purpose' },
  { code: 'false-statement', use: 'revoke', title: 'The application was not true' },
  { code: 'public-service-found', use: 'revoke', title: 'The far end turned out to be a VPN service for the public' },
];
