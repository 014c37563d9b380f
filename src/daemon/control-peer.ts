/**
 * Authenticates the peer of a control connection. Node cannot query a peer's credentials from the kernel, so the peer
 * proves its user: it creates an empty file, with a name that the daemon chose, in the folder of the socket, and the
 * file's owner is the user. The folder belongs to the daemon and is not writable for others, so the user is the
 * daemon's own or root.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, openSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const NONCE = /^[0-9a-f]{32}$/;
const PROOF_MODE = 0o600;
/** File systems have coarse clocks. */
const CLOCK_MS = 1000;

export class PeerProof {
  readonly nonce = randomBytes(16).toString('hex');
  private readonly path: string;
  private readonly sinceMs = Date.now();

  constructor(socketPath: string) {
    this.path = proofPath(socketPath, this.nonce);
  }

  /** The user id that the peer has proven, or null. Removes the file. */
  take(): number | null {
    try {
      const { uid, nlink, size, birthtimeMs } = lstatSync(this.path);
      unlinkSync(this.path);
      // A hard link or a file moved here keeps its former owner, so it does not prove who put it here.
      const isFresh = nlink === 1 && size === 0 && birthtimeMs >= this.sinceMs - CLOCK_MS;
      return isFresh ? uid : null;
    } catch {
      return null;
    }
  }
}

/** The peer's part: creates the file. Throws if the name is not a valid nonce or the folder is not writable. */
export function proveUser(socketPath: string, nonce: string): void {
  if (!NONCE.test(nonce)) throw new Error('it asks for a file that it has no need of');
  closeSync(openSync(proofPath(socketPath, nonce), 'wx', PROOF_MODE));
}

function proofPath(socketPath: string, nonce: string): string {
  return join(dirname(socketPath), `.control-${nonce}`);
}
