/** The fault of a value of a query or a body, in words that begin with its name. */
import { problemsOf } from './coded-problem.ts';

export const VALUE_PROBLEMS = {
  'value-unknown': (where: string, names: string) => `${where}: there is no ${names}`,
  'value-one-of': (where: string, names: string) => `${where}: is one of ${names}`,
  'value-several-of': (where: string, names: string) => `${where}: is one of ${names}, or several separated by commas`,
  'value-type': (where: string, type: string) => `${where}: must be of type ${type}`,
  'value-at-most': (where: string, most: string) => `${where}: is at most ${most}`,
  'value-at-least': (where: string, least: string) => `${where}: is at least ${least}`,
  'value-longest': (where: string, most: string) => `${where}: has at most ${most} characters`,
  'value-shortest': (where: string, least: string) => `${where}: has at least ${least} characters`,
  'value-most-items': (where: string, most: string) => `${where}: has at most ${most} values`,
  'value-once': (where: string) => `${where}: is named once`,
  'value-printable': (where: string) => `${where}: must be a text`,
  'value-time': (where: string) => `${where}: is a time in seconds since 1970`,
  'value-after': (where: string, other: string) => `${where}: must be after ${other}`,
  'value-not-before': (where: string, other: string) => `${where}: must not be before ${other}`,
  'value-port': (where: string) => `${where}: is a port, 1 to 65535`,
  'value-prefix': (where: string) =>
    `${where}: is an address or a prefix, like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32`,
  'value-flow-id': (where: string) => `${where}: is 16 digits from 0 to f, as flow_id in events`,
  'value-community-id': (where: string) => `${where}: is "1:" and 28 characters, as community_id in events`,
  'value-decision-number': (where: string) => `${where}: is the number of a decision`,
  'value-decision-count': (where: string, most: string) => `${where}: is a number of decisions, at most ${most}`,
  'value-request-id': (where: string) => `${where}: must be 8 to 64 letters, digits or hyphens`,
  'value-hash': (where: string) => `${where}: must be the 64 hexadecimal digits of a hash`,
  'value-wrong': (where: string, said: string) => `${where}: ${said}`,
} as const;

export const valueProblem = problemsOf(VALUE_PROBLEMS);
