/** Paths of a daemon's control socket. */

/** File name of the socket in the state folder. */
export const CONTROL_NAME = 'control.sock';
/** The default folder of `sluice ctl`: that of the unit in deploy/. */
export const DEFAULT_STATE = '/var/lib/sluice';
/** The value of --control for no socket. */
export const NO_CONTROL = 'none';
