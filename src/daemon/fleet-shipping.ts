/**
 * Ships the log of decisions and the minutes of the history to a fleet. Capture never waits for it: what is not shipped
 * lies in the log and in the history's database.
 */
import { type FleetAddress, FleetLink } from '../fleet/fleet-link.ts';
import { LogOutbox } from '../fleet/log-outbox.ts';
import { MinuteOutbox } from '../fleet/minute-outbox.ts';
import { Shipper } from '../fleet/shipper.ts';
import { EVENTS_STREAM, eventsSubject, MINUTES_STREAM, minutesSubject } from '../fleet/subjects.ts';
import type { OutboxLines } from '../history/ship/outbox-table.ts';
import type { Log } from '../output/log/log.ts';
import type { FleetFigures } from '../output/metrics/metrics-sources.ts';
import type { HistoryFeed } from './console/history-feed.ts';
import type { RunOutputs } from './outputs.ts';

export interface FleetShippingOptions {
  readonly address: FleetAddress;
  readonly isp: string;
  readonly site: string;
  /**
   * Bytes of closed segments, and of rows of the history, that wait to be acknowledged; more are removed, and counted.
   */
  readonly mostBytes: number;
  /** Clients are newly hit only within what the fleet lends. */
  readonly needsLease: boolean;
}

export class FleetShipping {
  private readonly options: FleetShippingOptions;
  private readonly version: string;
  private readonly log: Log;
  readonly link: FleetLink;
  private outbox: LogOutbox | null = null;
  private shipper: Shipper | null = null;
  private minuteOutbox: MinuteOutbox | null = null;
  private minuteShipper: Shipper | null = null;

  constructor(options: FleetShippingOptions, version: string, log: Log) {
    this.options = options;
    this.version = version;
    this.log = log;
    this.link = new FleetLink(options.address, `sluice ${options.isp}/${options.site}`);
  }

  /** Begins to ship, once the logs are open. `history`: null without one. */
  start(outputs: RunOutputs, history: HistoryFeed | null): void {
    this.startLog(outputs);
    if (history !== null) this.startMinutes(history);
    this.link.start();
  }

  /** To be called about once a second. */
  tick(): void {
    this.outbox?.look().catch((error: unknown) => {
      this.log.warn({ problem: (error as Error).message }, 'the log cannot be looked through for the fleet');
    });
  }

  get figures(): FleetFigures {
    const { lineCount = 0, failureCount = 0, lostCount = 0 } = this.shipper ?? {};
    const { lineCount: rowCount = 0, failureCount: rowFailures = 0 } = this.minuteShipper ?? {};
    return {
      isConnected: this.link.isConnected,
      lineCount,
      failureCount: failureCount + rowFailures,
      lostCount,
      backlogBytes: this.outbox?.backlogBytes ?? 0,
      rowCount,
      lostRows: this.minuteOutbox?.lostCount ?? 0,
      waitingRowBytes: this.minuteOutbox?.waiting ?? 0,
    };
  }

  /** Ships what is left of the log, for at most `limitMs`; the rest is shipped by the next start. */
  async shipLog(limitMs: number): Promise<void> {
    await this.shipper?.drain(limitMs);
  }

  /** Ships what is left of the minutes, while the history still answers. */
  async shipMinutes(limitMs: number): Promise<void> {
    await this.minuteShipper?.drain(limitMs);
    await this.minuteShipper?.stop();
  }

  async stop(): Promise<void> {
    await this.link.close();
    await this.shipper?.stop();
    await this.minuteShipper?.stop();
    await this.outbox?.close();
  }

  private startLog(outputs: RunOutputs): void {
    const file = outputs.decisionsFile;
    if (file === null) {
      this.log.error('the log of decisions is no regular file: nothing of it is shipped to the fleet');
      return;
    }
    const { isp, site, mostBytes } = this.options;
    const outbox = new LogOutbox({ log: file.name, written: () => file.position, mostBytes });
    this.outbox = outbox;
    file.mayRemove = (name) => outbox.mayRemove(name);
    this.shipper = new Shipper({
      stream: EVENTS_STREAM,
      subject: eventsSubject(isp, site),
      version: this.version,
      outbox,
      link: this.link,
      chainHead: () => outputs.chain?.head.sha256 ?? null,
      onProblem: (problem) => {
        if (problem === null) this.log.info({ fleet: this.options.address.servers }, 'the log is shipped to the fleet');
        else this.log.warn({ problem }, 'the log is not shipped to the fleet: it waits on the disk');
      },
    });
    this.shipper.start();
  }

  private startMinutes({ client }: HistoryFeed): void {
    const { isp, site } = this.options;
    this.minuteOutbox = new MinuteOutbox(
      async (after) => JSON.parse(await client.ask({ what: 'outbox', query: after })) as OutboxLines | null,
    );
    this.minuteShipper = new Shipper({
      stream: MINUTES_STREAM,
      subject: minutesSubject(isp, site),
      version: this.version,
      outbox: this.minuteOutbox,
      link: this.link,
      onProblem: (problem) => {
        if (problem === null) this.log.info('minutes of the history are shipped to the fleet');
        else this.log.warn({ problem }, 'minutes are not shipped to the fleet: they wait in the history');
      },
    });
    this.minuteShipper.start();
  }
}
