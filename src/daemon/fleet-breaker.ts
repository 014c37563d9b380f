/**
 * The sensor's side of the fleet's breaker: asks the hub for its lease once a second. Without a valid lease no flow is
 * hit; decisions and their events stay the same.
 */
import type { HitAdmission } from '../decision/hit-admission.ts';
import { FleetError, type FleetLink } from '../fleet/fleet-link.ts';
import { leaseSubject, parseLeaseAnswer } from '../fleet/breaker/lease-message.ts';
import type { Log } from '../output/log/log.ts';
import type { FleetLeaseFigures } from '../output/metrics/metrics-sources.ts';
import { SensorLease } from './fleet-lease.ts';
import type { RunNotices } from './notices.ts';

const EVERY_MS = 1000;
const ANSWER_MS = 2000;

export interface FleetBreakerParts {
  readonly link: FleetLink;
  readonly admission: HitAdmission;
  readonly notices: Pick<RunNotices, 'fleetTripped'>;
  readonly log: Log;
}

export class RunFleetBreaker {
  private readonly subject: string;
  private readonly parts: FleetBreakerParts;
  private readonly lease = new SensorLease();
  private timer: NodeJS.Timeout | null = null;
  private working: Promise<void> | null = null;
  private wasValid = false;
  private hasTripped = false;
  private problem = 'not asked yet';

  constructor({ isp, site }: { readonly isp: string; readonly site: string }, parts: FleetBreakerParts) {
    this.subject = leaseSubject(isp, site);
    this.parts = parts;
    parts.admission.lease = this.lease;
  }

  get figures(): FleetLeaseFigures {
    const { isValid, left, refusedCount, trip } = this.lease;
    return { isValid, left, refusedCount, hasTripped: trip !== null };
  }

  start(): void {
    this.timer = setInterval(() => {
      this.working ??= this.ask(false).finally(() => (this.working = null));
    }, EVERY_MS);
    this.timer.unref();
  }

  /** Gives back what is lent and not used. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.working;
    if (this.lease.isValid) await this.ask(true);
  }

  private async ask(ends: boolean): Promise<void> {
    const { link, log } = this.parts;
    if (!link.isConnected) {
      this.problem = 'no connection to the fleet';
      this.say();
      return;
    }
    try {
      // The first answer says which windows count, and lends nothing.
      if (!(await this.lent(ends)) && this.lease.trip === null && !ends) await this.lent(false);
    } catch (error) {
      if (!(error instanceof FleetError)) log.error({ problem: (error as Error).message }, "the fleet's breaker");
      this.problem = (error as Error).message;
    }
    this.say();
  }

  /** Sends a request and takes its answer; false if that lends nothing. Rejects with a FleetError without one. */
  private async lent(ends: boolean): Promise<boolean> {
    const request = this.lease.request(ends);
    const bytes = new TextEncoder().encode(JSON.stringify(request));
    const answer = parseLeaseAnswer((await this.parts.link.request(this.subject, bytes, {}, ANSWER_MS)).data);
    if (answer === null) throw new FleetError('the answer of the hub is no lease');
    return this.lease.take(request, answer);
  }

  /** Says each change once. */
  private say(): void {
    const { lease, parts } = this;
    if ((lease.trip !== null) !== this.hasTripped) {
      this.hasTripped = lease.trip !== null;
      if (lease.trip === null) parts.log.warn("the fleet's breaker was reset");
      else
        parts.log.error({ trip: lease.trip }, "the fleet's breaker has tripped: nothing is enforced until its reset");
      parts.notices.fleetTripped(lease.trip);
    }
    if (lease.isValid === this.wasValid) return;
    this.wasValid = lease.isValid;
    if (lease.isValid) parts.log.info({ left: lease.left }, 'the fleet lends hits: rules are enforced');
    else if (lease.trip === null)
      parts.log.error({ problem: this.problem }, 'no lease of the fleet is valid: nothing is enforced');
  }
}
