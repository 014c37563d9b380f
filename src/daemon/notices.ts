/**
 * Notices to the webhook (--notify): trips of the breaker, registered hits, a silent source, a failed or refused
 * reload, a held date.
 */
import { hostname } from 'node:os';
import { HitKind, type RegisteredHits } from '../decision/registered-hits.ts';
import type { FleetTrip } from '../fleet/breaker/lease-message.ts';
import type { ShownTrip } from '../output/event/shown-trip.ts';
import type { Notifier } from './notifier.ts';

/** Registered hits are sent immediately, then no more often than this. */
const HARM_PAUSE_MS = 60_000;
/** Number of problems of a reload to send. */
const PROBLEM_LIMIT = 10;

export class RunNotices {
  private readonly notifier: Notifier | null;
  private harmSent = 0;
  private harmSentMs = -Infinity;
  private problemSent: string | null = null;

  /** Null for no webhook. */
  constructor(notifier: Notifier | null) {
    this.notifier = notifier;
  }

  /** Hits counted before this start are not sent again. */
  begin(hits: RegisteredHits): void {
    this.harmSent = hits.total(HitKind.IN_FORCE);
  }

  /** Notices by result. */
  get counts(): Readonly<Record<string, number>> {
    return this.notifier?.counts ?? { sent: 0, failed: 0, dropped: 0 };
  }

  tripped(trip: ShownTrip): void {
    this.send('breaker-tripped', { trip });
  }

  reset(): void {
    this.send('breaker-reset', {});
  }

  /** The breaker of the fleet; null where it was reset. */
  fleetTripped(trip: FleetTrip | null): void {
    if (trip === null) this.send('fleet-breaker-reset', {});
    else this.send('fleet-breaker-tripped', { trip });
  }

  /** `result`: failure, a file is not valid; refused, the guard holds the rules until they are confirmed. */
  reloadRefused(result: string, problems: readonly string[]): void {
    const shown = problems.slice(0, PROBLEM_LIMIT);
    this.send('reload-refused', { result, problem_count: problems.length, problems: shown });
  }

  /** A date of the rules is held until it is confirmed. */
  dateHeld(date: string, reasons: readonly string[]): void {
    this.send('date-held', { date, reasons });
  }

  /** To be called once a second: sends new registered hits, and whether the source became silent or recovered. */
  tick(hits: RegisteredHits, problem: string | null, nowMs: number): void {
    const harm = hits.total(HitKind.IN_FORCE);
    if (harm < this.harmSent) this.harmSent = harm;
    if (harm > this.harmSent && nowMs - this.harmSentMs >= HARM_PAUSE_MS) {
      this.send('registered-hit', { new: harm - this.harmSent, rule: hits.latest?.rule, totals: hits.toCounts() });
      this.harmSent = harm;
      this.harmSentMs = nowMs;
    }
    if (problem === this.problemSent) return;
    if (problem === null) this.send('source-back', {});
    else if (this.problemSent === null) this.send('source-silent', { problem });
    this.problemSent = problem;
  }

  async close(timeoutMs: number): Promise<void> {
    await this.notifier?.close(timeoutMs);
  }

  private send(event: string, fields: Readonly<Record<string, unknown>>): void {
    this.notifier?.notify({ source: 'sluice', host: hostname(), time: new Date().toISOString(), event, ...fields });
  }
}
