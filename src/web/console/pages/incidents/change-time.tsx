/** The time of a change. Rules that decide whatever is read have no time of their own. */
import { Time } from '../../component/time.tsx';
import { changeTime, type ShownChange } from './change-words.ts';

/** `isPlain`: without the zone, for a table whose heading names it. */
export function ChangeTime({ change, zone, isPlain }: { change: ShownChange; zone: string; isPlain?: boolean }) {
  if (change.time_ms === 0) return <span>{changeTime(change, zone)}</span>;
  return <Time ms={change.time_ms} zone={zone} isPlain={isPlain === true} />;
}
