/**
 * Links of the processes of a fleet to their servers, which can be cut. As root each process is in a network namespace
 * of its own, whose virtual cable is pulled; without, it reaches each server over a relay that stops passing bytes.
 */
import { spawnSync } from 'node:child_process';
import { CutLink } from './cut-link.ts';

export interface ProcessLink {
  /** What comes before the command of the process. */
  readonly command: readonly string[];
  /** Addresses of the servers for this process. */
  readonly servers: readonly string[];
  cut(): void;
  mend(): void;
}

/** Networks of 198.18.0.0/15, which are for tests of networks. */
const NETWORKS = 512;

/** Runs `ip`; false if it fails. */
function ip(...args: string[]): boolean {
  return spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
}

function mustIp(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

/** Namespaces whose virtual cables end in one bridge, at which this machine has an address. */
export class NetworkSpaces {
  /** This machine's address, for servers. */
  readonly host: string;
  private readonly network: number;
  private readonly names: string[] = [];

  private constructor(network: number) {
    this.network = network;
    this.host = this.address(1);
    mustIp('address', 'add', `${this.host}/24`, 'dev', this.bridge);
    mustIp('link', 'set', this.bridge, 'up');
    process.on('exit', () => {
      this.remove();
    });
  }

  /** Null where this process may not make networks. */
  static make(): NetworkSpaces | null {
    if (process.getuid?.() !== 0) return null;
    for (let tries = 0; tries < NETWORKS; tries++) {
      const network = (process.pid + tries) % NETWORKS;
      // The name is taken while another test uses the network.
      if (ip('link', 'add', bridgeOf(network), 'type', 'bridge')) return new NetworkSpaces(network);
      if (!ip('link', 'show', bridgeOf(network))) return null;
    }
    return null;
  }

  /** A namespace for one process, which reaches servers at these ports of `host`. */
  join(ports: readonly number[]): ProcessLink {
    const number = this.names.length + 2;
    const [name, cable] = [`sluice-${this.network}-${number}`, `slv${this.network}-${number}`];
    mustIp('netns', 'add', name);
    this.names.push(name);
    mustIp('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    mustIp('link', 'set', cable, 'master', this.bridge, 'up');
    for (const device of ['lo', 'eth0']) mustIp('-n', name, 'link', 'set', device, 'up');
    mustIp('-n', name, 'address', 'add', `${this.address(number)}/24`, 'dev', 'eth0');
    return {
      command: ['ip', 'netns', 'exec', name],
      servers: ports.map((port) => `nats://${this.host}:${port}`),
      cut: () => {
        mustIp('link', 'set', cable, 'down');
      },
      mend: () => {
        mustIp('link', 'set', cable, 'up');
      },
    };
  }

  /** To be called when all processes in the namespaces have ended. */
  remove(): void {
    for (const name of this.names.splice(0)) ip('netns', 'delete', name);
    ip('link', 'delete', this.bridge);
  }

  private get bridge(): string {
    return bridgeOf(this.network);
  }

  private address(number: number): string {
    return `198.${18 + (this.network >> 8)}.${this.network & 255}.${number}`;
  }
}

function bridgeOf(network: number): string {
  return `slb${network}`;
}

/** A relay to each of these ports of 127.0.0.1. */
export async function relayedLink(ports: readonly number[]): Promise<ProcessLink & { close(): void }> {
  const links = await Promise.all(ports.map((port) => CutLink.to(port)));
  return {
    command: [],
    servers: links.map(({ url }) => url),
    cut: () => {
      for (const link of links) link.cut();
    },
    mend: () => {
      for (const link of links) link.mend();
    },
    close: () => {
      for (const link of links) link.close();
    },
  };
}
