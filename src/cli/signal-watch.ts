/**
 * SIGINT and SIGTERM ask the work to stop: it ends between two batches, or while it waits for the next, with everything
 * flushed. A second signal ends the process immediately.
 */
import { ExitCode } from '../core/exit-code.ts';

export class SignalWatch {
  /** The caught signal. */
  signal: 'SIGINT' | 'SIGTERM' | null = null;
  private readonly onSignal: () => void;

  /** `onSignal` is called at the first signal. */
  constructor(onSignal: () => void = () => undefined) {
    this.onSignal = onSignal;
    process.on('SIGINT', this.take);
    process.on('SIGTERM', this.take);
  }

  get caught(): boolean {
    return this.signal !== null;
  }

  /** 130 or 143 after a signal. */
  get exitCode(): ExitCode | null {
    if (this.signal === null) return null;
    return this.signal === 'SIGINT' ? ExitCode.INTERRUPTED : ExitCode.TERMINATED;
  }

  stop(): void {
    process.off('SIGINT', this.take);
    process.off('SIGTERM', this.take);
  }

  private readonly take = (signal: NodeJS.Signals): void => {
    if (this.signal !== null) process.exit(this.exitCode ?? ExitCode.INTERRUPTED);
    this.signal = signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
    this.onSignal();
  };
}
