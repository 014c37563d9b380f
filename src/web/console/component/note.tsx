/** A note in a panel or above a page: a sign, and what the reader should know. */
import type { ComponentChildren } from 'preact';
import type { Severity } from './badge.tsx';
import { Sign } from './sign.tsx';

const TONES: Readonly<Record<Severity, string>> = { good: 'good', notice: '', warning: 'warn', critical: 'bad' };

/** `isUrgent`: a screen reader reads it as soon as it appears. */
export function Note({
  severity,
  isUrgent = false,
  children,
}: {
  severity: Severity;
  isUrgent?: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class={`note ${TONES[severity]}`} role={isUrgent ? 'alert' : undefined}>
      <span class={TONES[severity]}>
        <Sign name={severity} />
      </span>
      <div>{children}</div>
    </div>
  );
}
