/** Where the control socket of a daemon is. */

/** Its name in the folder of state. */
export const CONTROL_NAME = 'control.sock';
/** The folder that `sluice ctl` looks into where none is named: that of the unit in deploy/. */
export const DEFAULT_STATE = '/var/lib/sluice';
/** The value of --control for no socket. */
export const NO_CONTROL = 'none';
