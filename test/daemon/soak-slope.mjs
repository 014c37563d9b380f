// Growth rate that is robust against outliers: the median of the slopes between any two points (Theil and Sen), with
// its 95 % interval from the distribution of Kendall's tau.
const Z_95 = 1.96;

/** For points [seconds, value]. */
export function slopeOf(points) {
  const slopes = [];
  for (const [index, [x, y]] of points.entries())
    for (const [laterX, laterY] of points.slice(index + 1)) slopes.push((laterY - y) / (laterX - x));
  const sorted = Float64Array.from(slopes).sort();
  const count = points.length;
  const spread = Z_95 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const at = (rank) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))];
  return {
    perSecond: at((sorted.length - 1) / 2),
    low: at((sorted.length - spread) / 2),
    high: at((sorted.length + spread) / 2 - 1),
  };
}
