/** Those who use the desk. Staff have accounts; applicants have a secret link; the public has neither. */

/** Roles that sign in. */
export const STAFF_ROLES = ['isp', 'reviewer', 'auditor', 'admin'] as const;
export type StaffRole = (typeof STAFF_ROLES)[number];

/** `clock` is the desk itself: what happens because time has passed. */
export const ACTOR_ROLES = ['public', 'applicant', ...STAFF_ROLES, 'clock'] as const;
export type ActorRole = (typeof ACTOR_ROLES)[number];

/** The page that each begins with. */
export const HOMES: Readonly<Record<StaffRole, string>> = {
  isp: '/queue',
  reviewer: '/queue',
  auditor: '/queue',
  admin: '/accounts',
};

export const ROLE_TITLES: Readonly<Record<ActorRole, string>> = {
  public: 'The public',
  applicant: 'Applicant',
  isp: 'Internet provider',
  reviewer: 'Reviewer',
  auditor: 'Auditor',
  admin: 'Administrator',
  clock: 'The desk',
};
