/** Real NATS servers with JetStream for a test: one, or a cluster on loopback. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import { installed } from './installed.ts';
import { PROJECT, until } from './running-daemon.ts';

/** Why tests with a server are skipped; undefined where it is there. */
export const NO_NATS = installed('nats-server') ? undefined : 'nats-server is not installed';

const STARTED_MS = 180_000;

interface Node {
  readonly port: number;
  readonly config: string;
  child: ChildProcess | null;
}

export class NatsServers {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sluice-nats-'));
  private readonly nodes: Node[] = [];
  private readonly host: string;
  private connection: NatsConnection | null = null;

  private constructor(host: string) {
    this.host = host;
  }

  /** Starts so many nodes, which form a cluster if there are several, for clients at an address of this machine. */
  static async start(count: number, host = '127.0.0.1'): Promise<NatsServers> {
    const servers = new NatsServers(host);
    const ports = await freePorts(2 * count);
    const routes = ports.slice(count).map((port) => `nats://127.0.0.1:${port}`);
    for (let node = 0; node < count; node++) {
      const named = routes.map((route) => `"${route}"`).join(', ');
      // Clients stay on the addresses that they are given, which may be those of links that are cut.
      const listen = `listen: "127.0.0.1:${ports[count + node]}", no_advertise: true`;
      const cluster = `cluster { name: test, ${listen}, routes: [${named}] }`;
      const config = join(servers.folder, `node-${node}.conf`);
      writeFileSync(
        config,
        `listen: "${host}:${ports[node]}"\nserver_name: node-${node}\n` +
          `jetstream { store_dir: "${servers.storeOf(node)}" }\n${count > 1 ? cluster : ''}\n`,
      );
      servers.nodes.push({ port: ports[node]!, config, child: null });
      servers.startNode(node);
    }
    process.on('exit', () => {
      servers.killAll();
    });
    return servers;
  }

  get ports(): number[] {
    return this.nodes.map(({ port }) => port);
  }

  get urls(): string[] {
    return this.nodes.map(({ port }) => `nats://${this.host}:${port}`);
  }

  startNode(node: number): void {
    const { config } = this.nodes[node]!;
    this.nodes[node]!.child ??= spawn('nats-server', ['-c', config], { stdio: 'ignore' });
  }

  /** Ends a node with SIGKILL. */
  async killNode(node: number): Promise<void> {
    const { child } = this.nodes[node]!;
    this.nodes[node]!.child = null;
    if (child?.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Keeps a copy of what a node has stored; it must not run. */
  keepCopy(node: number): void {
    rmSync(this.storeOf(node, '-copy'), { recursive: true, force: true });
    cpSync(this.storeOf(node), this.storeOf(node, '-copy'), { recursive: true });
  }

  /** Puts the copy back, as an operator who restores a node does; it must not run. */
  putCopyBack(node: number): void {
    rmSync(this.storeOf(node), { recursive: true, force: true });
    cpSync(this.storeOf(node, '-copy'), this.storeOf(node), { recursive: true });
  }

  private storeOf(node: number, ending = ''): string {
    return join(this.folder, `store-${node}${ending}`);
  }

  connect(): Promise<NatsConnection> {
    return connect({ servers: this.urls, maxReconnectAttempts: -1, reconnectTimeWait: 200, waitOnFirstConnect: true });
  }

  /** Creates a stream as soon as the servers can. */
  async addStream(config: Partial<StreamConfig> & { name: string }): Promise<JetStreamManager> {
    const jsm = await this.manager();
    await until(
      `the stream ${config.name}`,
      () =>
        jsm.streams.add(config).then(
          () => true,
          () => false,
        ),
      STARTED_MS,
    );
    return jsm;
  }

  /** Makes all streams of a fleet, by the script that an operator runs. */
  async addFleetStreams(): Promise<void> {
    const script = join(PROJECT, 'deploy/nats/make-streams.mjs');
    const replicas = this.nodes.length > 1 ? '3' : '1';
    const made = (): boolean =>
      spawnSync(process.execPath, [script, this.urls[0]!, replicas], { stdio: 'ignore' }).status === 0;
    await until('the streams of the fleet', made, STARTED_MS);
  }

  /** Resolves when each stream is the same on all nodes: a cluster of three may then lose one of them. */
  async caughtUp(): Promise<void> {
    const jsm = await this.manager();
    const isWhole = async (): Promise<boolean> => {
      for await (const { cluster } of jsm.streams.list()) {
        const { leader = '', replicas = [] } = cluster ?? {};
        const hasAll = replicas.length === this.nodes.length - 1;
        if (leader === '' || !hasAll || replicas.some((one) => !one.current || one.offline || one.lag > 0))
          return false;
      }
      return true;
    };
    await until('the nodes have caught up', () => isWhole().catch(() => false), STARTED_MS);
  }

  private async manager(): Promise<JetStreamManager> {
    this.connection ??= await this.connect();
    return jetstreamManager(this.connection, { checkAPI: false });
  }

  async stop(): Promise<void> {
    await this.connection?.close();
    for (const node of this.nodes.keys()) await this.killNode(node);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private killAll(): void {
    for (const { child } of this.nodes) child?.kill('SIGKILL');
  }
}

/** Ports that nothing listens on at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => {
            resolve(server);
          });
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
