/**
 * An entry of a log's chain: one line of JSON in the file `LOG.chain`. Each entry has the SHA-256 of the line before it
 * and a signature, so an entry cannot be changed, removed or moved without a trace.
 *
 *   { "chain": 1, "entry": 7, "at": "2026-11-30T07:00:00.000Z", "kind": "segment", "previous": "…", "key": "…",
 *     "sensor": { "isp": "example", "site": "lahore-1" },
 *     "segment": { "file": "decisions.jsonl.20261130T070000000Z", … }, "signature": "…" }
 *
 * A signature is Ed25519 over a line that names the purpose, then the entry without `signature` as canonical JSON.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { isSignedBy, type PublicKey, signBytes } from '../../../rules/signing-key.ts';

const FORMAT_VERSION = 1;
const PURPOSE = 'sluice log chain\n';

/** `previous` of the first entry. */
export const NO_ENTRY = '0'.repeat(64);

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
/** A segment's name has no folder, so that a log can be moved with its chain. */
const fileName = z.string().check(
  z.regex(/^[^/\0]{1,255}$/),
  z.refine((name) => name !== '.' && name !== '..'),
);
const count = z.int().check(z.nonnegative());
const head = {
  chain: z.literal(FORMAT_VERSION),
  /** 0, 1, 2, … */
  entry: count,
  at: z.string().check(z.maxLength(40)),
  previous: sha256,
  /** The id of the signing key. */
  key: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  sensor: z.strictObject({
    site: z.optional(z.string()),
    isp: z.optional(z.string()),
    link: z.optional(z.string()),
  }),
  signature: z.string().check(z.maxLength(128)),
};

const segmentFacts = z.strictObject({
  file: fileName,
  bytes: count,
  lines: count,
  sha256,
  /** `seq` of the first and the last line; null where a line has none. */
  first_seq: z.nullable(count),
  last_seq: z.nullable(count),
  /** A block ends with the line that reaches so many bytes. */
  block: z.int().check(z.minimum(1)),
  /** The first 16 hexadecimal digits of each block's SHA-256: they find the place of a change. */
  marks: z.array(z.string().check(z.regex(/^[0-9a-f]{16}$/))),
});

const schema = z.discriminatedUnion('kind', [
  /** A segment was closed. */
  z.strictObject({ ...head, kind: z.literal('segment'), segment: segmentFacts }),
  /** A segment was removed because there were more than are kept. */
  z.strictObject({ ...head, kind: z.literal('expired'), expired: z.strictObject({ file: fileName, sha256 }) }),
  /** A person acted; `action` is the event. */
  z.strictObject({ ...head, kind: z.literal('action'), action: z.record(z.string(), z.unknown()) }),
]);

export type ChainEntry = z.infer<typeof schema>;
export type SegmentFacts = z.infer<typeof segmentFacts>;
export type ChainSensor = ChainEntry['sensor'];

/** What an entry says, without its place in the chain. */
export type ChainFact =
  | { readonly kind: 'segment'; readonly segment: SegmentFacts }
  | { readonly kind: 'expired'; readonly expired: { readonly file: string; readonly sha256: string } }
  | { readonly kind: 'action'; readonly action: Record<string, unknown> };

/** The line of a new entry, without a line break. */
export function signedEntry(
  fact: ChainFact,
  place: { readonly entry: number; readonly previous: string; readonly at: string; readonly sensor: ChainSensor },
  key: PublicKey,
): string {
  const { entry, at, sensor, previous } = place;
  const unsigned = { chain: FORMAT_VERSION, entry, at, sensor, previous, key: key.id, ...fact };
  return JSON.stringify({ ...unsigned, signature: signBytes(signedBytes(unsigned), key) });
}

/** Null for a line that is no entry. */
export function parseEntry(line: string): ChainEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const result = schema.safeParse(value);
  return result.success ? result.data : null;
}

/** Whether an entry has a valid signature by one of the keys. */
export function isEntrySigned(entry: ChainEntry, keys: readonly PublicKey[]): boolean {
  const key = keys.find(({ id }) => id === entry.key);
  return key !== undefined && isSignedBy(signedBytes({ ...entry, signature: undefined }), entry.signature, key);
}

/** The hash by which the next entry names this one; that of the last entry is the head of the chain. */
export function entryHash(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}

function signedBytes(unsigned: object): Uint8Array {
  return new TextEncoder().encode(PURPOSE + canonicalJson(unsigned));
}
