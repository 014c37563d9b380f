/** A moment in the site's zone, which it names unless a heading does. */
import { fullTime, timeWithSeconds, zonedTime } from '../format/time-format.ts';
import { text } from '../text/catalogue.ts';

/** `ms` since 1970. `isPlain`: without the zone, for a table whose heading names it. */
export function Time({ ms, zone, isPlain = false }: { ms: number | null; zone: string; isPlain?: boolean }) {
  if (ms === null) return <span title={text.units.missingMeaning}>{text.units.missing}</span>;
  return (
    <time class="nowrap" dateTime={new Date(ms).toISOString()} title={fullTime(ms, zone)}>
      {isPlain ? timeWithSeconds(ms, zone) : zonedTime(ms, zone)}
    </time>
  );
}
