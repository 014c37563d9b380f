/** A number with its unit, its meaning and its trend. Figures stand side by side in Figures. */
import type { ComponentChildren } from 'preact';
import { Sign, type SignName } from './sign.tsx';

export interface FigureProps {
  readonly name: string;
  /** As format writes it, without its unit. */
  readonly value: string;
  readonly unit?: string;
  /** What it is of: the span, the whole, what is normal. */
  readonly meaning?: ComponentChildren;
  /** Its sign precedes the value. */
  readonly severity?: 'good' | 'warning' | 'critical';
  readonly trend?: { readonly direction: 'up' | 'down' | 'same'; readonly words: string };
}

const TONES = { good: 'good', warning: 'warn', critical: 'bad' } as const;

export function Figures({ children }: { children: ComponentChildren }) {
  return <dl class="figures">{children}</dl>;
}

export function Figure({ name, value, unit, meaning, severity, trend }: FigureProps) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class="value">
        {severity !== undefined && severity !== 'good' && (
          <span class={`figure-sign ${TONES[severity]}`}>
            <Sign name={severity satisfies SignName} />{' '}
          </span>
        )}
        {value}
        {unit !== undefined && <span class="unit">{unit}</span>}
      </dd>
      {meaning !== undefined && <dd class="meaning">{meaning}</dd>}
      {trend !== undefined && (
        <dd class="meaning">
          {trend.direction !== 'same' && <Sign name={trend.direction} />} {trend.words}
        </dd>
      )}
    </div>
  );
}
