/** Ships the log of decisions to a fleet. Capture never waits for it: what is not shipped lies in the log. */
import { type FleetAddress, FleetLink } from '../fleet/fleet-link.ts';
import { LogOutbox } from '../fleet/log-outbox.ts';
import { Shipper } from '../fleet/shipper.ts';
import type { Log } from '../output/log/log.ts';
import type { FleetFigures } from '../output/metrics/metrics-sources.ts';
import type { RunOutputs } from './outputs.ts';

export interface FleetShippingOptions {
  readonly address: FleetAddress;
  readonly isp: string;
  readonly site: string;
  /** Bytes of closed segments that wait to be acknowledged; more are removed, and counted. */
  readonly mostBytes: number;
}

export class FleetShipping {
  private readonly options: FleetShippingOptions;
  private readonly log: Log;
  private readonly link: FleetLink;
  private outbox: LogOutbox | null = null;
  private shipper: Shipper | null = null;

  constructor(options: FleetShippingOptions, log: Log) {
    this.options = options;
    this.log = log;
    this.link = new FleetLink(options.address, `sluice ${options.isp}/${options.site}`);
  }

  /** Begins to ship, once the logs are open. */
  start(outputs: RunOutputs): void {
    const file = outputs.decisionsFile;
    if (file === null) {
      this.log.error('the log of decisions is no regular file: nothing is shipped to the fleet');
      return;
    }
    const { isp, site, mostBytes } = this.options;
    const outbox = new LogOutbox({ log: file.name, written: () => file.position, mostBytes });
    this.outbox = outbox;
    file.mayRemove = (name) => outbox.mayRemove(name);
    this.shipper = new Shipper({
      isp,
      site,
      outbox,
      link: this.link,
      chainHead: () => outputs.chain?.head.sha256 ?? null,
      onProblem: (problem) => {
        if (problem === null) this.log.info({ fleet: this.options.address.servers }, 'the log is shipped to the fleet');
        else this.log.warn({ problem }, 'the log is not shipped to the fleet: it waits on the disk');
      },
    });
    this.link.start();
    this.shipper.start();
  }

  /** To be called about once a second. */
  tick(): void {
    this.outbox?.look().catch((error: unknown) => {
      this.log.warn({ problem: (error as Error).message }, 'the log cannot be looked through for the fleet');
    });
  }

  get figures(): FleetFigures {
    const { lineCount = 0, failureCount = 0, lostCount = 0 } = this.shipper ?? {};
    const backlogBytes = this.outbox?.backlogBytes ?? 0;
    return { isConnected: this.link.isConnected, lineCount, failureCount, lostCount, backlogBytes };
  }

  /** Ships what is left, for at most `limitMs`, and ends; the rest is shipped by the next start. */
  async stop(limitMs: number): Promise<void> {
    await this.shipper?.drain(limitMs);
    await this.link.close();
    await this.shipper?.stop();
    await this.outbox?.close();
  }
}
