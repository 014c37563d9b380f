/** The client of the control socket: sends one request as the user of this process, and returns the answer. */
import { connect } from 'node:net';
import { ControlLines, controlLine, LONGEST_LINE } from './control-lines.ts';
import { proveUser } from './control-peer.ts';

const GREETING_MS = 10_000;

/** A daemon that could not be reached, as a sentence. */
export class ControlError extends Error {}

export async function askDaemon(path: string, request: Readonly<Record<string, unknown>>): Promise<unknown> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  const timer = setTimeout(() => socket.destroy(new Error('it does not answer')), GREETING_MS);
  try {
    const lines = new ControlLines(socket, LONGEST_LINE);
    const greeting = await lines.next();
    const { control, nonce } = (greeting ?? {}) as { control?: unknown; nonce?: unknown };
    if (control !== 1 || typeof nonce !== 'string') throw new Error('no sluice of this version answers there');
    proveUser(path, nonce);
    clearTimeout(timer);
    socket.write(controlLine({ ...request, ...sudoUser() }));
    return await lines.next();
  } catch (error) {
    throw new ControlError(`${path}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function sudoUser(): { readonly sudo_uid?: number } {
  const { SUDO_UID } = process.env;
  return SUDO_UID !== undefined && /^\d{1,10}$/.test(SUDO_UID) ? { sudo_uid: Number(SUDO_UID) } : {};
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'no daemon has its socket there';
  if (code === 'ECONNREFUSED') return 'no daemon listens there any more';
  if (code === 'EACCES') return 'permission denied: the user of the daemon and root may administer it';
  return message;
}
