/**
 * The user behind a connection to the control socket. Node cannot ask the kernel for a peer's credentials, so the peer proves its user: it makes an
 * empty file with a name that was chosen for it, in the folder of the socket, and the owner of that file is the user. The folder belongs to the daemon,
 * and others may not write to it, so the user is the daemon's own or root.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, openSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const NONCE = /^[0-9a-f]{32}$/;
const PROOF_MODE = 0o600;
/** Clocks of file systems are coarse. */
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
      // A link to, or a file moved from elsewhere, shows its owner and not its mover.
      const isFresh = nlink === 1 && size === 0 && birthtimeMs >= this.sinceMs - CLOCK_MS;
      return isFresh ? uid : null;
    } catch {
      return null;
    }
  }
}

/** The peer's part: makes the file. Throws where the name is none that a proof has, or the folder does not take it. */
export function proveUser(socketPath: string, nonce: string): void {
  if (!NONCE.test(nonce)) throw new Error('it asks for a file that it has no need of');
  closeSync(openSync(proofPath(socketPath, nonce), 'wx', PROOF_MODE));
}

function proofPath(socketPath: string, nonce: string): string {
  return join(dirname(socketPath), `.control-${nonce}`);
}
