/**
 * The share of packets that may be lost before they are seen. Above it there is an incident, an alert, and a doubt
 * about figures. `--loss-bound` names another one; incidents, alerts, the metric and the pages read it from there.
 */

export const DEFAULT_LOSS_BOUND = 0.001;

/** `seen`: packets that were not lost. */
export function isLossBeyond(bound: number, lost: number, seen: number): boolean {
  return lost > bound * (lost + seen);
}
