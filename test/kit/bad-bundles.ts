/** Bundles that the commands of a user do not make: what a fleet may hold after a mistake, a loss, or an attack. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Bundle, bundleBytes, bundleText, parseBundle } from '../../src/fleet/rules/bundle.ts';
import { RINGS } from '../../src/fleet/rules/ring-pointer.ts';
import { Rollout } from '../../src/fleet/rules/rollout.ts';
import {
  bundleName,
  chunkSubject,
  digestOf,
  factsSubject,
  partName,
  RULES_BUCKET,
} from '../../src/fleet/rules/rule-buckets.ts';
import { RulesPublisher } from '../../src/fleet/rules/rules-publisher.ts';
import { readPrivateKey, signBytes } from '../../src/rules/signing-key.ts';
import type { NatsServers } from './nats-server.ts';

export class BadBundles {
  private readonly servers: NatsServers;
  private readonly path: (name: string) => string;

  /** `path`: of a file of the fleet, as `ops` for the key that moves the rings. */
  constructor(servers: NatsServers, path: (name: string) => string) {
    this.servers = servers;
    this.path = path;
  }

  /** Puts a registry of which a part is missing in place of the whole one. */
  async putCut(name: string): Promise<void> {
    const bytes = readFileSync(this.path(`${name}/registry.csv`));
    await this.putObject(partName('registry', this.manifestOf(name).registry.sha256), bytes.subarray(0, -20), bytes);
  }

  /** Puts another text in place of the manifest. */
  async putManifest(name: string, text: string): Promise<void> {
    await this.putObject(bundleName(this.manifestOf(name).version), Buffer.from(text));
  }

  /** Moves all rings to a bundle, whatever of it the fleet has. */
  async moveRings(name: string): Promise<void> {
    const publisher = await RulesPublisher.open({ servers: this.servers.urls, ca: null, cert: null, key: null });
    try {
      const rollout = new Rollout(publisher, readPrivateKey(this.path('ops')), () => undefined);
      for (const ring of RINGS) await rollout.move(this.manifestOf(name), ring);
    } finally {
      await publisher.close();
    }
  }

  /** Gives a bundle a registry that cannot be used, and signs that with keys of its own, as no command would. */
  signInvalid(name: string, registry: string, keys: readonly string[]): void {
    const rows = { ...this.manifestOf(name).registry, bytes: Buffer.byteLength(registry) };
    const sha256 = createHash('sha256').update(registry).digest('hex');
    const bundle = { ...this.manifestOf(name), registry: { ...rows, sha256 } };
    const signatures = keys.map((one) => {
      const key = readPrivateKey(this.path(one));
      return { key: key.id, signature: signBytes(bundleBytes(bundle), key) };
    });
    writeFileSync(this.path(`${name}/registry.csv`), registry);
    writeFileSync(this.path(`${name}/registry.csv.bundle.json`), bundleText({ ...bundle, signatures }));
  }

  private manifestOf(name: string): Bundle {
    return parseBundle(readFileSync(this.path(`${name}/registry.csv.bundle.json`))).bundle!;
  }

  /** `stated`: the bytes that the bucket says it has. */
  private async putObject(name: string, bytes: Uint8Array, stated = bytes): Promise<void> {
    const nuid = randomBytes(11).toString('hex');
    const object = { name, bucket: RULES_BUCKET, nuid, size: stated.length, chunks: 1, digest: digestOf(stated) };
    const connection = await this.servers.connect();
    await connection.request(chunkSubject(nuid), bytes);
    await connection.request(factsSubject(name), JSON.stringify(object));
    await connection.close();
  }
}
