/**
 * A bundle: a policy and a registry for the sensors of a fleet, by the manifest that describes them:
 *
 *   { "bundle": 1, "version": 12, "created": "2026-11-28T09:00:00Z", "min_version": "0.2.0",
 *     "not_before": null, "expires": "2027-02-28T00:00:00Z", "rollback_to": 11, "isps": ["example"],
 *     "policy": { "bytes": 3041, "sha256": "…" }, "registry": { "rows": 20114, "bytes": 1843201, "sha256": "…" },
 *     "signatures": [ { "key": "9f86d081884c7d65", "signature": "…" } ] }
 *
 * How it is read and signed: rules/signed-document. The id of a bundle is the SHA-256 of the bytes that are signed.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { ORIGIN_PATTERN } from '../../output/event/origin-pattern.ts';
import {
  bytesToSign,
  documentText,
  instantField,
  parseSigned,
  sha256Field,
  signaturesField,
  versionField,
  wholeField,
} from '../../rules/signed-document.ts';

const FORMAT = 1;
const MOST_ISPS = 1000;
const PURPOSE = 'sluice rules bundle';

const schema = z.strictObject({
  bundle: z.literal(FORMAT, { error: `must be ${FORMAT}, the only supported format` }),
  /** Rises with each bundle. */
  version: versionField,
  created: instantField,
  /** The oldest version of Sluice that may use it; null for any. */
  min_version: z.nullable(z.string().check(z.regex(/^\d+\.\d+\.\d+$/, { error: 'must be like 0.2.0' }))),
  not_before: z.nullable(instantField),
  expires: z.nullable(instantField),
  /** The version to which a ring may return from this one; null for none. */
  rollback_to: z.nullable(versionField),
  /** The operators of networks for which it is; null for all. */
  isps: z.nullable(
    z.array(z.string().check(z.regex(new RegExp(ORIGIN_PATTERN)))).check(z.minLength(1), z.maxLength(MOST_ISPS)),
  ),
  policy: z.strictObject({ bytes: wholeField, sha256: sha256Field }),
  registry: z.strictObject({ rows: wholeField, bytes: wholeField, sha256: sha256Field }),
  signatures: signaturesField,
});
export type Bundle = z.infer<typeof schema>;

export type BundleReading =
  { readonly bundle: Bundle; readonly problem: null } | { readonly bundle: null; readonly problem: string };

/** Parses the manifest of a bundle. Never throws. */
export function parseBundle(bytes: Uint8Array): BundleReading {
  const { value, problems } = parseSigned(bytes, schema, 'bundle');
  return value === null ? { bundle: null, problem: problems.join('; ') } : { bundle: value, problem: null };
}

/** The bytes that a signature of a bundle signs. */
export function bundleBytes(bundle: Bundle): Uint8Array {
  return bytesToSign(PURPOSE, bundle);
}

export function bundleId(bundle: Bundle): string {
  return createHash('sha256').update(bundleBytes(bundle)).digest('hex');
}

/** The text of its file. */
export function bundleText(bundle: Bundle): string {
  return documentText(bundle);
}
