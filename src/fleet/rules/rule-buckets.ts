/**
 * Where rules lie in a fleet: bundles in an object bucket, and what each ring should run in a key-value bucket, in the
 * layout that NATS gives such buckets, so `nats object get` and `nats kv get` read them. A sensor reads both by
 * requests alone, so it needs no right to create a consumer.
 */
import { createHash } from 'node:crypto';
import type { Ring } from './ring-pointer.ts';

export const RULES_BUCKET = 'sluice-rules';
export const RINGS_BUCKET = 'sluice-rings';
export const RULES_STREAM = `OBJ_${RULES_BUCKET}`;
export const RINGS_STREAM = `KV_${RINGS_BUCKET}`;
/** Bytes of a chunk; a server's own limit of a message is 1 MB. */
export const CHUNK_BYTES = 128 << 10;
/** More than the largest registry. */
const MOST_BYTES = 512 << 20;

/** An object as its bucket describes it. */
export interface ObjectFacts {
  readonly name: string;
  readonly bucket: string;
  /** Names the subject of its chunks. */
  readonly nuid: string;
  readonly size: number;
  readonly chunks: number;
  /** `SHA-256=` and URL-safe Base64. */
  readonly digest: string;
}

export function ringSubject(ring: Ring): string {
  return `$KV.${RINGS_BUCKET}.${ring}`;
}

export function factsSubject(name: string): string {
  return `$O.${RULES_BUCKET}.M.${Buffer.from(name).toString('base64url')}`;
}

export function chunkSubject(nuid: string): string {
  return `$O.${RULES_BUCKET}.C.${nuid}`;
}

/** Names of the objects of a bundle: its manifest, and its files by their hashes, so that bundles share them. */
export function bundleName(version: number): string {
  return `bundle-${version}`;
}

export function partName(kind: 'policy' | 'registry', sha256: string): string {
  return `${kind}-${sha256}`;
}

export function digestOf(bytes: Uint8Array): string {
  return `SHA-256=${createHash('sha256').update(bytes).digest('base64url')}=`;
}

/** The facts in a message of the bucket; null where they are none, or of an object that was deleted. */
export function objectFacts(text: string): ObjectFacts | null {
  let value: Partial<ObjectFacts & { deleted: boolean }> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return null;
  }
  const { name, nuid, size, chunks, digest, deleted } = value ?? {};
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && (count as number) >= 0;
  if (deleted === true || typeof name !== 'string' || typeof nuid !== 'string' || typeof digest !== 'string')
    return null;
  if (!/^[A-Za-z0-9]{1,64}$/.test(nuid) || !isCount(size) || !isCount(chunks) || size > MOST_BYTES || chunks > size)
    return null;
  return { name, bucket: RULES_BUCKET, nuid, size, chunks, digest };
}
