/**
 * Lends the fleet's limits to sensors: gathers their requests, answers them together from the lease book, and keeps the
 * book in the fleet before an answer is sent. A hub that cannot keep it sends no answer, so sensors' leases end. It
 * begins, and goes on after another hub, from the ledger that is kept.
 */
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { FleetLink } from '../fleet/fleet-link.ts';
import type { FleetLimit } from '../fleet/breaker/fleet-limit.ts';
import { LeaseBook, type SensorRequest } from '../fleet/breaker/lease-book.ts';
import {
  BREAKER_SUBJECT,
  type BreakerCommand,
  type BreakerState,
  LEASE_SUBJECTS,
  parseBreakerCommand,
  parseLeaseRequest,
} from '../fleet/breaker/lease-message.ts';
import { LedgerWatch, writeLedger } from '../fleet/breaker/lease-store.ts';
import type { Log } from '../output/log/log.ts';

/** Requests are gathered for so long. */
const ROUND_MS = 200;
/** The ledger is written at least so often, so that no other hub takes over. */
const WRITE_MS = 1000;
/** Requests, or commands, of a round; more are not answered, and are repeated by their senders. */
const MOST_REQUESTS = 10_000;

interface Waiting extends SensorRequest {
  readonly message: Msg;
}

interface WaitingCommand {
  readonly command: BreakerCommand;
  readonly message: Msg;
}

export class FleetBreaker {
  private readonly limits: readonly FleetLimit[];
  private readonly link: Pick<FleetLink, 'current'>;
  private readonly log: Log;
  private book: LeaseBook | null = null;
  private watch = new LedgerWatch();
  private revision = 0;
  private writtenMs = -Infinity;
  private connection: NatsConnection | null = null;
  private subscriptions: Subscription[] = [];
  private waiting: Waiting[] = [];
  private commands: WaitingCommand[] = [];
  private timer: NodeJS.Timeout | null = null;
  private working: Promise<void> | null = null;
  private problem: string | null = null;

  constructor(limits: readonly FleetLimit[], link: Pick<FleetLink, 'current'>, log: Log) {
    this.limits = limits;
    this.link = link;
    this.log = log;
  }

  start(): void {
    this.timer = setInterval(() => {
      this.working ??= this.round().finally(() => (this.working = null));
    }, ROUND_MS);
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.working;
    this.unsubscribe();
  }

  /** Null while another hub lends, or none can. */
  get state(): BreakerState | null {
    return this.book?.state(performance.now()) ?? null;
  }

  private async round(): Promise<void> {
    try {
      const connection = this.link.current();
      if (this.connection !== connection) this.unsubscribe();
      this.connection = connection;
      const manager = await jetstreamManager(connection);
      if (this.book === null) {
        const kept = await this.watch.look(manager, performance.now());
        if (kept === null) return;
        this.book = new LeaseBook(this.limits, kept.ledger, performance.now());
        this.revision = kept.revision;
        this.writtenMs = -Infinity;
      }
      if (this.subscriptions.length === 0) this.subscribe(connection);
      await this.answer(manager, this.book);
      this.note(null);
    } catch (error) {
      // The book may differ from what is kept, by what was to be written or by another hub's writing.
      this.book = null;
      this.watch = new LedgerWatch();
      this.waiting = [];
      this.commands = [];
      this.unsubscribe();
      this.note(error instanceof Error ? error.message : String(error));
    }
  }

  /** Does what was asked since the last round, and answers once it is kept. */
  private async answer(manager: JetStreamManager, book: LeaseBook): Promise<void> {
    const asked = this.waiting.splice(0);
    const commands = this.commands.splice(0);
    const isAsked = asked.length > 0 || commands.length > 0;
    if (!isAsked && performance.now() - this.writtenMs < WRITE_MS) return;
    const { trip } = book;
    const resets = trip === null ? [] : commands.filter(({ command }) => command.reset !== null);
    if (resets.length > 0) book.reset();
    const before = book.trip;
    const answers = book.round(asked, performance.now(), Date.now());
    this.revision = await writeLedger(manager, book.ledger, this.revision);
    this.writtenMs = performance.now();
    for (const [at, answer] of answers.entries())
      if (answer !== null) asked[at]!.message.respond(JSON.stringify(answer));
    for (const { command } of resets) this.log.warn({ reason: command.reset, trip }, "the fleet's breaker was reset");
    for (const { message } of commands) message.respond(JSON.stringify(this.state));
    if (book.trip !== before)
      this.log.error({ trip: book.trip }, "the fleet's breaker has tripped: no sensor enforces until a reset");
  }

  private subscribe(connection: NatsConnection): void {
    const take = (subject: string, use: (message: Msg) => void): void => {
      const callback = (error: Error | null, message: Msg): void => {
        if (error === null) use(message);
      };
      this.subscriptions.push(connection.subscribe(subject, { callback }));
    };
    take(LEASE_SUBJECTS, (message) => {
      const request = parseLeaseRequest(message.data);
      const [, , isp = '', site = ''] = message.subject.split('.');
      if (request !== null && this.waiting.length < MOST_REQUESTS) this.waiting.push({ isp, site, request, message });
    });
    take(BREAKER_SUBJECT, (message) => {
      const command = parseBreakerCommand(message.data);
      if (command !== null && this.commands.length < MOST_REQUESTS) this.commands.push({ command, message });
    });
  }

  private unsubscribe(): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    this.subscriptions = [];
  }

  private note(problem: string | null): void {
    if (problem === this.problem) return;
    this.problem = problem;
    if (problem === null) this.log.info({ limits: this.state?.limits }, 'the limits of the fleet are lent');
    else this.log.error({ problem }, 'the limits of the fleet cannot be lent: sensors observe');
  }
}
