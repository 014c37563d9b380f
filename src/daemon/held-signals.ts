/**
 * Signals of an operator to a daemon. Those that come while it starts are held, and have their effect once it is ready. Before this module is
 * loaded Node has its defaults: SIGHUP and SIGUSR2 end the process, SIGUSR1 opens a debugger on 127.0.0.1.
 */

const RELOAD = 'SIGHUP';
const REOPEN = 'SIGUSR2';
/** The signal of version 0.1 for the same. */
const OLDER_REOPEN = 'SIGUSR1';

export interface SignalActions {
  reload(signal: string): void;
  reopen(): void;
}

export class HeldSignals {
  private readonly held = new Set<string>();
  private actions: SignalActions | null = null;

  constructor() {
    for (const signal of [RELOAD, REOPEN, OLDER_REOPEN] as const)
      process.on(signal, () => {
        this.take(signal);
      });
  }

  /** The daemon is ready: signals have their effect from now on, and those that were held have it now. */
  release(actions: SignalActions): void {
    this.actions = actions;
    for (const signal of this.held) this.take(signal);
    this.held.clear();
  }

  private take(signal: string): void {
    if (this.actions === null) this.held.add(signal);
    else if (signal === RELOAD) this.actions.reload(signal);
    else this.actions.reopen();
  }
}
