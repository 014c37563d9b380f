/** Texts of what a change of rules would do. */
import { excessWords } from '../../../../policy/excess-words.ts';

export const change = {
  registeredHit: 'Registered clients newly hit',
  deregistered: 'Clients who lose their registration and are hit',
  newlyHit: 'Clients newly hit',
  noLongerHit: 'Clients no longer hit',
  registrationsLost: 'Registrations in force that are lost',
  ofRegistrations: (before: string): string => `of ${before} in force`,
  ofClients: (clients: string): string => `of ${clients} clients with VPN flows`,
  mayNot: 'Must be 0, unless a rule says so',
  reasons: 'Limits that it exceeds',
  /** A limit that is exceeded; events and commands have the same words. */
  reason: excessWords,
  users: 'Registrations whose clients it would hit',
  user: (sector: string, rule: string): string => `A registration of sector ${sector}, by rule ${rule}`,
  knownUser: (holder: string, prefix: string, reference: string, rule: string): string =>
    `${holder}, ${prefix}${reference === '' ? '' : `, ${reference}`}, by rule ${rule}`,
  byRule: 'Clients newly hit, by rule',
  rule: 'Rule',
  clients: 'Clients',
  /** A number of clients from which that of a small group could be computed. */
  notShown: 'not shown',
  actions: 'Flows by action, before and after',
  before: 'Before',
  after: 'After',
  flows: 'Flows',
  leftOut: (flows: string): string => `${flows} flows were left out, because there were too many.`,
};
