/** Locks a state folder or an event log for one daemon: two would overwrite each other's data. */
import { hash } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * The lock is an abstract socket, which the system releases with the process, however it ends; only Linux has them.
 * Null elsewhere. Rejects with `problem` if another process has the lock.
 */
export function lockPath(path: string, problem: string): Promise<Server | null> {
  if (process.platform !== 'linux') return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(problem) : error);
    });
    server.listen({ path: `\0sluice-${hash('sha1', path, 'hex')}` }, () => {
      server.unref();
      resolve(server);
    });
  });
}

export function lockState(folder: string): Promise<Server | null> {
  return lockPath(folder, `another sluice uses the state in ${folder}`);
}
