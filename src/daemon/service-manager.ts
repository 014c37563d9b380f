/**
 * Messages to systemd under Type=notify: readiness, stopping, and the keep-alive that WatchdogSec requires. Node has no
 * datagrams over Unix sockets, so systemd-notify sends them; the unit needs NotifyAccess=all for it. Without
 * NOTIFY_SOCKET nothing is sent.
 */
import { spawn } from 'node:child_process';
import type { Log } from '../output/log/log.ts';

const MICROS_PER_MILLISECOND = 1000;
/** Keep-alive messages per watchdog interval. */
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

  /** Reports readiness. From now on a main thread that is stuck sends no keep-alive. */
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
    // The last child may outlive this process.
    child.unref();
  }

  /** Logged once: later failures would be the same. */
  private complain(problem: string): void {
    if (!this.hasFailed) this.log.error({ problem }, 'systemd-notify failed: systemd does not see that this runs');
    this.hasFailed = true;
  }
}
