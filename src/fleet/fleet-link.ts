/**
 * The connection to a fleet's servers. It is made in the background and again whenever it breaks; while there is none,
 * requests are refused at once. Nothing is gathered in memory meanwhile: what waits is on the disk.
 */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions, Msg, MsgHdrs, NatsConnection, TlsOptions } from '@nats-io/transport-node';

/** A reason for which something of the fleet did not work, as a sentence for the user. */
export class FleetError extends Error {}

export interface FleetAddress {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`, one or more. */
  readonly servers: readonly string[];
  /** Files in PEM; null where they are not named. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

const RETRY_MS = 1000;
const CONNECT_MS = 5000;
const ANSWER_MS = 5000;
/** A server that does not answer is left after two of these. */
const PING_MS = 5000;

export class FleetLink {
  private readonly address: FleetAddress;
  private readonly name: string;
  private connection: NatsConnection | null = null;
  private makeHeaders: (() => MsgHdrs) | null = null;
  private isClosed = false;
  private reason = 'not connected yet';
  private timer: NodeJS.Timeout | null = null;

  /** `name`: the client's name in the server's lists. */
  constructor(address: FleetAddress, name: string) {
    this.address = address;
    this.name = name;
  }

  get isConnected(): boolean {
    return this.connection !== null && !this.connection.isClosed();
  }

  /** Begins to connect. */
  start(): void {
    if (this.isClosed || this.isConnected) return;
    this.connect().then(
      (connection) => {
        if (this.isClosed) {
          void connection.close();
          return;
        }
        this.connection = connection;
        void connection.closed().then((error) => {
          this.lost(error instanceof Error ? error.message : 'the connection was closed');
        });
      },
      (error: unknown) => {
        this.lost(error instanceof Error ? error.message : String(error));
      },
    );
  }

  /** The connection. Throws FleetError while there is none. */
  current(): NatsConnection {
    const { connection } = this;
    if (connection === null || connection.isClosed()) throw this.noConnection();
    return connection;
  }

  /**
   * The answer on a subject. Rejects with FleetError if there is no connection, or no answer in time: then it is not
   * known whether the request arrived.
   */
  async request(
    subject: string,
    data: Uint8Array,
    fields: Readonly<Record<string, string>> = {},
    timeout = ANSWER_MS,
  ): Promise<Msg> {
    const { connection, makeHeaders } = this;
    if (connection === null || makeHeaders === null) throw this.noConnection();
    const headers = makeHeaders();
    for (const [name, value] of Object.entries(fields)) headers.set(name, value);
    try {
      return await connection.request(subject, data, { timeout, headers });
    } catch (error) {
      throw new FleetError(`no answer on ${subject}: ${(error as Error).message}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.connection?.close();
  }

  private noConnection(): FleetError {
    return new FleetError(`no connection to ${this.address.servers.join(', ')}: ${this.reason}`);
  }

  /** Rejects also where a file of the certificate cannot be read. */
  private async connect(): Promise<NatsConnection> {
    // A daemon without a fleet does not load the client.
    const { connect, headers } = await import('@nats-io/transport-node');
    this.makeHeaders = headers;
    return connect(optionsOf(this.address, this.name));
  }

  private lost(reason: string): void {
    this.connection = null;
    this.reason = reason;
    if (this.isClosed) return;
    this.timer = setTimeout(() => {
      this.start();
    }, RETRY_MS);
    this.timer.unref();
  }
}

/** Options of a connection; the files are read again each time, so a new certificate needs no restart. */
export function optionsOf({ servers, ca, cert, key }: FleetAddress, name: string): ConnectionOptions {
  const pem = (name: 'ca' | 'cert' | 'key', path: string | null): TlsOptions =>
    path === null ? {} : { [name]: readFileSync(path, 'utf8') };
  const hasTls = ca !== null || cert !== null;
  return {
    servers: [...servers],
    name,
    timeout: CONNECT_MS,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    pingInterval: PING_MS,
    ...(hasTls && { tls: { ...pem('ca', ca), ...pem('cert', cert), ...pem('key', key) } }),
  };
}
