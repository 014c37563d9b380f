/** Badges: a word with a sign. The colour only repeats what both say. */
import { text } from '../text/catalogue.ts';
import type { Severity } from './severity.ts';
import { Sign, type SignName } from './sign.tsx';

export type { Severity };
export type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad';

const ACTIONS: Readonly<Record<string, readonly [SignName, Tone]>> = {
  allow: ['allow', 'neutral'],
  throttle: ['throttle', 'warn'],
  block: ['block', 'bad'],
};
const SEVERITIES: Readonly<Record<Severity, Tone>> = {
  good: 'good',
  notice: 'accent',
  warning: 'warn',
  critical: 'bad',
};

export function Badge({ word, sign, tone = 'neutral' }: { word: string; sign?: SignName; tone?: Tone }) {
  return (
    <span class={`badge ${tone}`}>
      {sign !== undefined && <Sign name={sign} />}
      {word}
    </span>
  );
}

/** `action` is allow, throttle or block. */
export function ActionBadge({ action }: { action: string }) {
  const [sign, tone] = ACTIONS[action] ?? ['notice', 'neutral'];
  return <Badge word={text.terms.actions[action] ?? action} sign={sign} tone={tone} />;
}

/** `stage` is suspected or confirmed. */
export function StageBadge({ stage }: { stage: string }) {
  const sign = stage === 'confirmed' ? 'confirmed' : 'suspected';
  return <Badge word={text.terms.stages[stage] ?? stage} sign={sign} />;
}

/** `mode` is observe or enforce. */
export function ModeBadge({ mode }: { mode: string }) {
  const isEnforcing = mode === 'enforce';
  return (
    <Badge
      word={text.terms.modes[mode] ?? mode}
      sign={isEnforcing ? 'enforce' : 'observe'}
      tone={isEnforcing ? 'accent' : 'neutral'}
    />
  );
}

/** `word` replaces the name of the severity. */
export function SeverityBadge({ severity, word }: { severity: Severity; word?: string }) {
  return <Badge word={word ?? text.terms.severities[severity]!} sign={severity} tone={SEVERITIES[severity]} />;
}
