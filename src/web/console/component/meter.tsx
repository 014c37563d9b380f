/** A value against its limit. It is drawn in a colour of warning from four fifths on, which its text says too. */
import { count } from '../format/number-format.ts';
import { text } from '../text/catalogue.ts';

const NEAR = 0.8;
const WIDTH = 100;

export interface MeterProps {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  /** How the value is written; the limit is exact. */
  readonly format: (value: number) => string;
}

export function Meter({ name, value, limit, format }: MeterProps) {
  const part = limit === 0 ? (value > 0 ? 1 : 0) : Math.min(1, value / limit);
  const words = text.component.meter(format(value), count(limit));
  return (
    <div
      class={`meter ${part >= 1 ? 'bad' : part >= NEAR ? 'warn' : ''}`}
      role="meter"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={Math.max(limit, value)}
      aria-valuenow={value}
      aria-valuetext={words}
    >
      <span>{name}</span>
      <span class="nowrap">{words}</span>
      <svg viewBox={`0 0 ${WIDTH} 4`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width={WIDTH} height="4" />
        <rect class="fill" width={part * WIDTH} height="4" />
      </svg>
    </div>
  );
}
