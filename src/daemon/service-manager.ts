/**
 * What systemd is sent under Type=notify: readiness, the end, and the sign of life that WatchdogSec asks for. Node has no
 * datagrams over Unix sockets, so systemd-notify sends them; the unit has NotifyAccess=all for it. Without NOTIFY_SOCKET nothing
 * is sent.
 */
import { spawn } from 'node:child_process';
import type { Log } from '../output/log/log.ts';

const MICROS_PER_MILLISECOND = 1000;
/** Signs of life within the time that is allowed. */
const SIGNS = 3;
const SHORTEST_MS = 100;

export class ServiceManager {
  private readonly log: Log;
  private readonly environment: NodeJS.ProcessEnv;
  private timer: NodeJS.Timeout | null = null;
  private hasFailed = false;

  constructor(log: Log, environment: NodeJS.ProcessEnv = process.env) {
    this.log = log;
    this.environment = environment;
  }

  /** Everything runs. From now on a main thread that is stuck sends no signs of life. */
  ready(): void {
    this.send('READY=1');
    const watchdogMs = Number(this.environment.WATCHDOG_USEC) / MICROS_PER_MILLISECOND;
    if (!(watchdogMs > 0)) return;
    this.timer = setInterval(
      () => {
        this.send('WATCHDOG=1');
      },
      Math.max(SHORTEST_MS, watchdogMs / SIGNS),
    );
    this.timer.unref();
  }

  stopping(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.send('STOPPING=1');
  }

  private send(state: string): void {
    if (this.environment.NOTIFY_SOCKET === undefined) return;
    const child = spawn('systemd-notify', [state], { stdio: 'ignore', env: this.environment });
    child.on('error', ({ message }) => {
      this.complain(message);
    });
    child.on('exit', (code) => {
      if (code !== null && code !== 0) this.complain(`exit code ${code}`);
    });
    // The last of them ends after this process, perhaps.
    child.unref();
  }

  /** Once: it would be the same each time. */
  private complain(problem: string): void {
    if (!this.hasFailed) this.log.error({ problem }, 'systemd-notify failed: systemd does not see that this runs');
    this.hasFailed = true;
  }
}
