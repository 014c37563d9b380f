/** The operator's side of the fleet's rules: puts bundles, moves rings, and reads what sensors say. */
import { randomBytes } from 'node:crypto';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type FleetAddress, FleetError, optionsOf } from '../fleet-link.ts';
import { type Bundle, bundleId, parseBundle } from './bundle.ts';
import { parsePointer, type Ring, type RingPointer, RINGS } from './ring-pointer.ts';
import {
  bundleName,
  CHUNK_BYTES,
  chunkSubject,
  digestOf,
  factsSubject,
  objectFacts,
  type ObjectFacts,
  partName,
  RINGS_STREAM,
  ringSubject,
  RULES_BUCKET,
  RULES_STREAM,
} from './rule-buckets.ts';
import type { SensorStatus } from './sensor-status.ts';
import { readStatuses } from './status-reader.ts';

/** The content of a bundle. */
export interface BundleFiles {
  readonly policy: Uint8Array;
  readonly registry: Uint8Array;
}

export class RulesPublisher {
  private readonly connection: NatsConnection;
  private readonly manager: JetStreamManager;

  private constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.connection = connection;
    this.manager = manager;
  }

  /** Connects. Rejects with FleetError. */
  static async open(address: FleetAddress): Promise<RulesPublisher> {
    const { connect } = await import('@nats-io/transport-node');
    const { jetstreamManager } = await import('@nats-io/jetstream');
    try {
      const connection = await connect({ ...optionsOf(address, 'sluice rules'), waitOnFirstConnect: false });
      return new RulesPublisher(connection, await jetstreamManager(connection));
    } catch (error) {
      throw new FleetError(`no connection to ${address.servers.join(', ')}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** Puts a bundle and its files. One with the same version and another content is refused. */
  async put(bundle: Bundle, text: string, files: BundleFiles): Promise<void> {
    const name = bundleName(bundle.version);
    const earlier = await this.bundle(bundle.version);
    if (earlier !== null && bundleId(earlier) !== bundleId(bundle))
      throw new FleetError(`the fleet has another bundle ${bundle.version}: versions only rise`);
    for (const kind of ['policy', 'registry'] as const)
      await this.putObject(partName(kind, bundle[kind].sha256), files[kind]);
    // Last: what its manifest names is there.
    await this.putObject(name, new TextEncoder().encode(text));
  }

  /** A bundle that lies in the fleet; null if there is none of this version. */
  async bundle(version: number): Promise<Bundle | null> {
    const bytes = await this.object(bundleName(version));
    return bytes === null ? null : parseBundle(bytes).bundle;
  }

  /** The pointer of a ring, and its revision; null and 0 before the first. */
  async pointer(ring: Ring): Promise<{ readonly pointer: RingPointer | null; readonly revision: number }> {
    const message = await this.lastOf(RINGS_STREAM, ringSubject(ring));
    if (message === null) return { pointer: null, revision: 0 };
    return { pointer: parsePointer(message.data).pointer, revision: message.seq };
  }

  /** Moves a ring, unless it was moved since `revision` was read. */
  async point(pointer: RingPointer, revision: number): Promise<void> {
    const subject = ringSubject(pointer.ring);
    const text = new TextEncoder().encode(JSON.stringify(pointer));
    try {
      await this.manager.jetstream().publish(subject, text, { expect: { lastSubjectSequence: revision } });
    } catch (error) {
      throw new FleetError(`ring ${pointer.ring} was not moved: ${(error as Error).message}`, { cause: error });
    }
  }

  /** The serial that follows those of all rings: a sensor that changes its ring takes the pointer of the new one. */
  async nextSerial(): Promise<number> {
    const serials = await Promise.all(RINGS.map(async (ring) => (await this.pointer(ring)).pointer?.serial ?? 0));
    return Math.max(...serials) + 1;
  }

  /** The last message of each sensor, by isp and site. */
  statuses(): Promise<SensorStatus[]> {
    return readStatuses(this.manager);
  }

  private async putObject(name: string, bytes: Uint8Array): Promise<void> {
    const digest = digestOf(bytes);
    const before = await this.factsOf(name);
    if (before?.digest === digest && before.size === bytes.length) return;
    const nuid = randomBytes(11).toString('hex');
    const stream = this.manager.jetstream();
    let chunks = 0;
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      await stream.publish(chunkSubject(nuid), bytes.subarray(at, at + CHUNK_BYTES));
      chunks++;
    }
    const facts: ObjectFacts = { name, bucket: RULES_BUCKET, nuid, size: bytes.length, chunks, digest };
    const options = { max_chunk_size: CHUNK_BYTES };
    const { headers } = await import('@nats-io/transport-node');
    const rollUp = headers();
    rollUp.set('Nats-Rollup', 'sub');
    await stream.publish(factsSubject(name), new TextEncoder().encode(JSON.stringify({ ...facts, options })), {
      headers: rollUp,
    });
  }

  private async object(name: string): Promise<Uint8Array | null> {
    const facts = await this.factsOf(name);
    if (facts === null) return null;
    const chunks: Uint8Array[] = [];
    for (let seq = 1; chunks.length < facts.chunks;) {
      const query = { seq, next_by_subj: chunkSubject(facts.nuid) };
      const message = await this.manager.streams.getMessage(RULES_STREAM, query);
      if (message === null) return null;
      chunks.push(message.data);
      seq = message.seq + 1;
    }
    return Buffer.concat(chunks);
  }

  private async factsOf(name: string): Promise<ObjectFacts | null> {
    const message = await this.lastOf(RULES_STREAM, factsSubject(name));
    return message === null ? null : objectFacts(message.string());
  }

  private lastOf(stream: string, subject: string): ReturnType<JetStreamManager['streams']['getMessage']> {
    return this.manager.streams.getMessage(stream, { last_by_subj: subject });
  }
}
