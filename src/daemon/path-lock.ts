/** Locks a state folder for one daemon: two would overwrite each other's files. */
import { hash } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * The lock is an abstract socket, which the system releases with the process, however it ends; only Linux has them.
 * Null elsewhere. Rejects if another process has the lock.
 */
export function lockState(folder: string): Promise<Server | null> {
  if (process.platform !== 'linux') return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`another sluice uses the state in ${folder}`) : error);
    });
    server.listen({ path: `\0sluice-${hash('sha1', folder, 'hex')}` }, () => {
      server.unref();
      resolve(server);
    });
  });
}
