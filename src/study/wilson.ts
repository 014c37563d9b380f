/**
 * The Wilson score interval of a proportion (E. B. Wilson, 1927; Brown, Cai and DasGupta, "Interval Estimation for a
 * Binomial Proportion", 2001, which recommends it for small counts). Unlike the normal approximation, it is meaningful
 * for 0 of n and n of n.
 */

/** The 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

export interface Proportion {
  readonly count: number;
  readonly total: number;
  /** count / total; null where total is 0. */
  readonly value: number | null;
  /** Bounds of the 95 % interval; 0 and 1 where total is 0. */
  readonly lower: number;
  readonly upper: number;
}

/** `count` of `total`, with 0 <= count <= total. */
export function proportion(count: number, total: number): Proportion {
  if (total === 0) return { count, total, value: null, lower: 0, upper: 1 };
  const share = count / total;
  const middle = (share + Z ** 2 / (2 * total)) / (1 + Z ** 2 / total);
  const half = (Z * Math.sqrt((share * (1 - share)) / total + Z ** 2 / (4 * total ** 2))) / (1 + Z ** 2 / total);
  return {
    count,
    total,
    value: share,
    // Rounding must not move the value out of its interval.
    lower: count === 0 ? 0 : middle - half,
    upper: count === total ? 1 : middle + half,
  };
}
