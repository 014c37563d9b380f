/**
 * Why a rule can, or cannot, hit registered users: in words for commands, and in the catalogue of the console, whose
 * pages get the reasons.
 */
export const REACH_REASONS = [
  'never-reached',
  'registered',
  'sector',
  'unconditional',
  'allowed-before',
  'partly-allowed',
  'intended',
] as const;

export interface ReachReason {
  readonly why: (typeof REACH_REASONS)[number];
  /** The rules before it that are the reason. */
  readonly rules: readonly string[];
  /** `registered`: the value of that condition; `partly-allowed`: the keys by which the rule before it is narrower. */
  readonly values: readonly string[];
}

/** As a clause. */
export function reachWords(reasons: readonly ReachReason[]): string {
  return reasons.map(({ why, rules, values }) => WORDS[why](rules, values)).join('; ');
}

const WORDS: Readonly<Record<ReachReason['why'], (rules: readonly string[], values: readonly string[]) => string>> = {
  'never-reached': (rules) => `it is never reached, since ${rules.join('')} before it matches everything`,
  registered: (_rules, values) => `its condition is registered: ${values.join('')}`,
  sector: () => 'it has a condition on the sector of a registered end',
  unconditional: () => 'it has no condition on registration, and no rule before it allows all registered users',
  'allowed-before': (rules) => `${rules.join(' and ')} before it ${rules.length > 1 ? 'allow' : 'allows'} them`,
  'partly-allowed': (rules, values) => `${rules.join('')} before it allows them by ${values.join(', ')} only`,
  intended: () => 'this is intended: hits_registered is true',
};
