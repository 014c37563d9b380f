/**
 * The Wilson score interval of a proportion (E. B. Wilson, 1927; Brown, Cai and DasGupta, "Interval Estimation for a
 * Binomial Proportion", 2001, which recommends it for small counts). Unlike the normal approximation, it is meaningful
 * for 0 of n and n of n.
 */
import type { Interval } from './bootstrap.ts';

/** The 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/** The 95 % interval of a share that was observed in `total` > 0 independent trials. */
export function wilsonInterval(share: number, total: number): Interval {
  const middle = (share + Z ** 2 / (2 * total)) / (1 + Z ** 2 / total);
  const half = (Z * Math.sqrt((share * (1 - share)) / total + Z ** 2 / (4 * total ** 2))) / (1 + Z ** 2 / total);
  // Rounding must not move the share out of its interval.
  return { lower: share === 0 ? 0 : middle - half, upper: share === 1 ? 1 : middle + half };
}
