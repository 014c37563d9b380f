/**
 * Signals of an operator. Signals that arrive while the daemon starts are held, and take effect once it is ready.
 * Before this module is loaded Node's defaults apply: SIGHUP and SIGUSR2 end the process, SIGUSR1 opens a debugger on
 * 127.0.0.1.
 */

const RELOAD = 'SIGHUP';
const REOPEN = 'SIGUSR2';
/** The signal that version 0.1 used for this. */
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

  /** To be called when the daemon is ready: held signals take effect now, later ones immediately. */
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
