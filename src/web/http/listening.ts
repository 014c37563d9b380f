/** The beginning and the end of an HTTP server's listening: of the daemon's, and of the desk's. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { ListenAddress } from './http-options.ts';

/**
 * Begins to listen; resolves to the place. Rejects with the system's error if the address is in use or not available.
 * Later errors of the server are logged.
 */
export async function listening(
  server: Server,
  { port, host }: ListenAddress,
  log: Pick<Logger, 'error'>,
): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => {
    log.error({ error: error.message }, 'the HTTP server failed');
  });
  return server.address() as AddressInfo;
}

/** Ends all connections, then what served them. */
export async function endListening(server: Server, app: { close(): PromiseLike<unknown> } | null): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await app?.close();
  await closed;
}
