/** A folder of state belongs to one daemon: two would write over each other. */
import { hash } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Holds a name that the system gives back with the process, however it ends (an abstract socket, which only Linux has). Null elsewhere. Rejects
 * where another process holds it.
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
