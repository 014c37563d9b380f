/**
 * A bundle: a policy and a registry for the sensors of a fleet, by the manifest that describes them:
 *
 *   { "bundle": 1, "version": 12, "created": "2026-11-28T09:00:00Z", "min_version": "0.2.0",
 *     "not_before": null, "expires": "2027-02-28T00:00:00Z", "rollback_to": 11, "isps": ["example"],
 *     "policy": { "bytes": 3041, "sha256": "…" }, "registry": { "rows": 20114, "bytes": 1843201, "sha256": "…" },
 *     "signatures": [ { "key": "9f86d081884c7d65", "signature": "…" } ] }
 *
 * Signatures are as in rules/manifest: Ed25519 over a line that names the purpose, then the manifest without
 * `signatures` as canonical JSON. The id of a bundle is the SHA-256 of these bytes. An unknown field is refused,
 * because it may restrict the bundle.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { canonicalJson } from '../../core/canonical-json.ts';
import { parseInstant } from '../../core/iso-time.ts';
import { ORIGIN_PATTERN } from '../../output/event/origin-pattern.ts';

const FORMAT = 1;
const MOST_BYTES = 1 << 16;
const MOST_SIGNATURES = 32;
const MOST_ISPS = 1000;
const PURPOSE = 'sluice rules bundle\n';

const count = z.int({ error: 'must be a whole number' }).check(z.nonnegative());
const version = z.int({ error: 'must be a whole number' }).check(z.minimum(1));
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, { error: 'must be 64 hexadecimal digits in lower case' }));
const instant = z.string().check(
  z.refine((text) => !Number.isNaN(parseInstant(text)), {
    error: 'must be a time with its zone, like 2024-11-30T23:59:59Z',
  }),
);
export const signaturesSchema = z
  .array(
    z.strictObject({
      key: z.string().check(z.regex(/^[0-9a-f]{16}$/, { error: 'must be 16 hexadecimal digits in lower case' })),
      signature: z.string().check(z.regex(/^[A-Za-z0-9+/]{86}==$/, { error: 'must be 64 bytes in base64' })),
    }),
  )
  .check(z.maxLength(MOST_SIGNATURES));

const schema = z.strictObject({
  bundle: z.literal(FORMAT, { error: `must be ${FORMAT}, the only supported format` }),
  /** Rises with each bundle. */
  version,
  created: instant,
  /** The oldest version of Sluice that may use it; null for any. */
  min_version: z.nullable(z.string().check(z.regex(/^\d+\.\d+\.\d+$/, { error: 'must be like 0.2.0' }))),
  not_before: z.nullable(instant),
  expires: z.nullable(instant),
  /** The version to which a ring may return from this one; null for none. */
  rollback_to: z.nullable(version),
  /** The operators of networks for which it is; null for all. */
  isps: z.nullable(
    z.array(z.string().check(z.regex(new RegExp(ORIGIN_PATTERN)))).check(z.minLength(1), z.maxLength(MOST_ISPS)),
  ),
  policy: z.strictObject({ bytes: count, sha256 }),
  registry: z.strictObject({ rows: count, bytes: count, sha256 }),
  signatures: signaturesSchema,
});
export type Bundle = z.infer<typeof schema>;

export type BundleReading =
  { readonly bundle: Bundle; readonly problem: null } | { readonly bundle: null; readonly problem: string };

/** Parses the manifest of a bundle. Never throws. */
export function parseBundle(bytes: Uint8Array): BundleReading {
  const { value, problem } = parseSigned(bytes, schema, 'bundle');
  return value === null ? { bundle: null, problem } : { bundle: value, problem: null };
}

/** The bytes that a signature of a bundle signs. */
export function bundleBytes(bundle: Bundle): Uint8Array {
  return new TextEncoder().encode(PURPOSE + canonicalJson({ ...bundle, signatures: undefined }));
}

export function bundleId(bundle: Bundle): string {
  return createHash('sha256').update(bundleBytes(bundle)).digest('hex');
}

/** The text of its file. */
export function bundleText(bundle: Bundle): string {
  return `${JSON.stringify(bundle, null, 2)}\n`;
}

/** A signed document by its schema, or one sentence that says why it is none. */
export function parseSigned<T>(
  bytes: Uint8Array,
  schema: z.ZodMiniType<T>,
  what: string,
): { readonly value: T; readonly problem: null } | { readonly value: null; readonly problem: string } {
  const none = (problem: string): { value: null; problem: string } => ({ value: null, problem });
  if (bytes.length > MOST_BYTES) return none(`the ${what} has ${bytes.length} bytes; it may have ${MOST_BYTES}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return none(`the ${what} is not JSON in UTF-8`);
  }
  const result = schema.safeParse(json);
  if (result.success) return { value: result.data, problem: null };
  return none(
    result.error.issues
      .map((issue) =>
        issue.code === 'unrecognized_keys'
          ? `${what}: unknown fields: ${issue.keys.join(', ')}`
          : `${[what, ...issue.path].join('.')}: ${issue.message}`,
      )
      .join('; '),
  );
}
