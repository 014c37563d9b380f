/**
 * A pointer: which bundle a ring of sensors should run. It is signed by one of the keys that may move rings, and its
 * serial only rises, so an older pointer cannot be put in its place:
 *
 *   { "pointer": 1, "ring": "canary", "serial": 7, "bundle": "…", "version": 12, "created": "2026-11-28T09:00:00Z",
 *     "signatures": [ { "key": "9f86d081884c7d65", "signature": "…" } ] }
 */
import * as z from 'zod/mini';
import { bytesToSign, parseSigned, sha256Field, signaturesField, versionField } from '../../rules/signed-document.ts';

const FORMAT = 1;
const PURPOSE = 'sluice ring pointer';

/** The rings, in the order in which a bundle reaches them. */
export const RINGS = ['canary', 'tenth', 'all'] as const;
export type Ring = (typeof RINGS)[number];

const schema = z.strictObject({
  pointer: z.literal(FORMAT, { error: `must be ${FORMAT}, the only supported format` }),
  ring: z.enum(RINGS),
  serial: versionField,
  /** Id and version of the bundle. */
  bundle: sha256Field,
  version: versionField,
  created: z.string(),
  signatures: signaturesField,
});
export type RingPointer = z.infer<typeof schema>;

export type PointerReading =
  { readonly pointer: RingPointer; readonly problem: null } | { readonly pointer: null; readonly problem: string };

/** Parses a pointer. Never throws. */
export function parsePointer(bytes: Uint8Array): PointerReading {
  const { value, problems } = parseSigned(bytes, schema, 'pointer');
  return value === null ? { pointer: null, problem: problems.join('; ') } : { pointer: value, problem: null };
}

/** The bytes that its signature signs. */
export function pointerBytes(pointer: RingPointer): Uint8Array {
  return bytesToSign(PURPOSE, pointer);
}
