/**
 * The standard normal distribution: its cumulative probability, by the series around 0 and the continued fraction of
 * the tail (Abramowitz and Stegun, 26.2.11 and 26.2.14), and its quantile, by bisection of that.
 */

/** Farther from 0 than this a double holds 0 or 1. */
const FARTHEST = 9;
/** The series is used nearer to 0, the continued fraction farther away: each converges there. */
const SERIES_LIMIT = 3;
const FRACTION_TERMS = 60;
const BISECTIONS = 60;

const DENSITY_AT_ZERO = 1 / Math.sqrt(2 * Math.PI);

/** The probability of a value below `z`. */
export function normalProbability(z: number): number {
  if (z < 0) return 1 - normalProbability(-z);
  if (z >= FARTHEST) return 1;
  const density = DENSITY_AT_ZERO * Math.exp(-(z * z) / 2);
  return z < SERIES_LIMIT ? 0.5 + density * series(z) : 1 - density / tailFraction(z);
}

/** The value that a share of `probability` is below; infinite for 0 and 1. */
export function normalQuantile(probability: number): number {
  if (probability <= 0) return -Infinity;
  if (probability >= 1) return Infinity;
  let [low, high] = [-FARTHEST, FARTHEST];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (normalProbability(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** z + z³/3 + z⁵/(3·5) + … */
function series(z: number): number {
  let term = z;
  let sum = z;
  for (let odd = 3; term > sum * Number.EPSILON; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return sum;
}

/** z + 1/(z + 2/(z + 3/(z + …))) */
function tailFraction(z: number): number {
  let value = z;
  for (let term = FRACTION_TERMS; term >= 1; term--) value = z + term / value;
  return value;
}
