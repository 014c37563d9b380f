/** Labels of the axis of time, in the site's zone: the finer part on each, the coarser one below where it changes. */
import type uPlot from 'uplot';
import { clock, clockWithSeconds, dayOfMonth, month, year } from '../format/time-format.ts';

const MINUTE = 60;
const DAY = 86_400;
const MONTH = 28 * DAY;
const YEAR = 365 * DAY;
const MS_PER_SECOND = 1000;

type Format = (ms: number, zone: string) => string;

export function timeLabels(zone: string): uPlot.Axis.DynamicValues {
  return (_plot, splits, _axis, _space, step) => {
    const [fine, coarse] = formatsOf(step);
    let before = '';
    return splits.map((time) => {
      const ms = time * MS_PER_SECOND;
      const below = coarse?.(ms, zone) ?? '';
      const isNew = below !== before;
      before = below;
      return isNew ? `${fine(ms, zone)}\n${below}` : fine(ms, zone);
    });
  };
}

function formatsOf(step: number): readonly [fine: Format, coarse: Format | null] {
  if (step < MINUTE) return [clockWithSeconds, dayOfMonth];
  if (step < DAY) return [clock, dayOfMonth];
  if (step < MONTH) return [dayOfMonth, year];
  return step < YEAR ? [month, year] : [year, null];
}
