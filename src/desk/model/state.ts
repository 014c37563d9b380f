/** The states of an application, and what they are called. */

export const STATE_NAMES = [
  'draft',
  'submitted',
  'isp',
  'review',
  'question',
  'approved',
  'refused',
  'withdrawn',
  'expired',
  'revoked',
  'appeal',
] as const;
export type State = (typeof STATE_NAMES)[number];

/** What a state is called on pages and in mail. */
export const STATE_TITLES: Readonly<Record<State, string>> = {
  draft: 'Draft',
  submitted: 'Submitted',
  isp: 'With the ISP',
  review: 'In review',
  question: 'Question to the applicant',
  approved: 'Approved',
  refused: 'Refused',
  withdrawn: 'Withdrawn',
  expired: 'Expired',
  revoked: 'Revoked',
  appeal: 'Appeal',
};

/** What a state means for the applicant, in a sentence. */
export const STATE_MEANINGS: Readonly<Record<State, string>> = {
  draft: 'It is not sent yet.',
  submitted: 'It has arrived and goes to your internet provider next.',
  isp: 'Your internet provider checks that the addresses are yours.',
  review: 'The regulator reviews it.',
  question: 'There is a question to you. The clock stops until you answer.',
  approved: 'It is approved, and registered for its period.',
  refused: 'It was refused: your secret link has the reason. You may appeal.',
  withdrawn: 'It was withdrawn.',
  expired: 'Its period has ended. You can renew it.',
  revoked: 'It was revoked: your secret link has the reason and the date. You may appeal.',
  appeal: 'Your appeal is being looked at. What is in force stays in force meanwhile.',
};

/** States in which the desk, and not the applicant, is to act: they have a clock. */
export const WAITING_STATES = ['submitted', 'isp', 'review', 'appeal'] as const satisfies readonly State[];
