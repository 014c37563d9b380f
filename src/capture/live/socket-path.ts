/** Prepares the path of a Unix socket to listen on: checks whether it is usable, and removes a stale socket. */
import { lstatSync, rmSync } from 'node:fs';
import { connect } from 'node:net';

/** Size of sun_path in unix(7) without its terminator. libuv silently truncates longer paths. */
const LONGEST_PATH = 107;
const ANSWER_LIMIT_MS = 2000;

/** Removes a socket on which no process listens. Rejects with a message if the path cannot be used. */
export async function freeSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw new Error(`the path of a socket has at most ${LONGEST_PATH} bytes: ${path}`);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} exists and is no socket`);
  if (await isListenedOn(path)) throw new Error(`another process listens on ${path}`);
  rmSync(path);
}

/** A socket whose state cannot be determined counts as in use. */
function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (isAlive: boolean): void => {
      socket.destroy();
      resolve(isAlive);
    };
    socket.setTimeout(ANSWER_LIMIT_MS, () => {
      answer(true);
    });
    socket.on('connect', () => {
      answer(true);
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      answer(code !== 'ECONNREFUSED');
    });
  });
}
