/** Registered rows at the end of each month as bars. The table beside it has the numbers. */
import type { GrowthMonth } from './growth-panel.tsx';

const HEIGHT = 100;
/** Months that are drawn, the latest. */
const SHOWN = 120;

export function GrowthBars({ months }: { months: readonly GrowthMonth[] }) {
  const shown = months.slice(-SHOWN);
  const most = Math.max(1, ...shown.map(({ balance }) => balance));
  if (shown.length < 2) return null;
  return (
    <svg class="growth" viewBox={`0 0 ${shown.length * 10} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {shown.map(({ month, balance }, at) => {
        const height = (Math.max(0, balance) / most) * HEIGHT;
        return <rect key={month} x={at * 10 + 1} y={HEIGHT - height} width="8" height={height} />;
      })}
    </svg>
  );
}
