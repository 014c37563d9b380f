/** When giving a registration up takes effect. */

export const WITHDRAWAL_DELAY_MS = 72 * 3_600_000;

/** The later of 72 hours and the confirmation; null before the confirmation. */
export function withdrawalTime(askedMs: number, confirmedMs: number | null): number | null {
  return confirmedMs === null ? null : Math.max(askedMs + WITHDRAWAL_DELAY_MS, confirmedMs);
}
