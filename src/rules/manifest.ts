/**
 * A manifest: the size and hash of a policy file, a registry file, or both, with signatures. It is a JSON file next to
 * the file that it describes, with the same name and `.manifest.json` added:
 *
 *   { "manifest": 1, "version": 12, "created": "2026-11-28T09:00:00Z",
 *     "policy": { "bytes": 3041, "sha256": "…" }, "registry": { "rows": 20114, "bytes": 1843201, "sha256": "…" },
 *     "signatures": [ { "key": "9f86d081884c7d65", "signature": "…" } ] }
 *
 * A signature is Ed25519 over `signedBytes`: a line that names the purpose, then the manifest without `signatures` as
 * JSON with sorted keys and no spaces. A manifest may therefore be formatted in any way. An unknown field is refused,
 * because it may restrict the manifest.
 */
import * as z from 'zod/mini';
import { canonicalJson } from '../core/canonical-json.ts';
import { parseInstant } from '../core/iso-time.ts';

export const MANIFEST_SUFFIX = '.manifest.json';

const FORMAT_VERSION = 1;
const MAX_MANIFEST_BYTES = 1 << 16;
const MAX_SIGNATURES = 32;
const PURPOSE = 'sluice rules manifest\n';

export const RULES_FILE_KINDS = ['policy', 'registry'] as const;
export type RulesFileKind = (typeof RULES_FILE_KINDS)[number];

/** The facts about one file. */
export interface ManifestPart {
  /** Rows of a registry; undefined for a policy. */
  readonly rows?: number | undefined;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface ManifestSignature {
  /** The id of the key (signing-key). */
  readonly key: string;
  /** Base64. */
  readonly signature: string;
}

export interface Manifest {
  readonly manifest: 1;
  /** A number that grows with every manifest. */
  readonly version: number;
  /** ISO 8601. */
  readonly created: string;
  readonly policy?: ManifestPart | undefined;
  readonly registry?: ManifestPart | undefined;
  readonly signatures: readonly ManifestSignature[];
}

const COUNT = 'must be a whole number';
const whole = z.int({ error: COUNT }).check(z.nonnegative({ error: COUNT }));
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, { error: 'must be 64 hexadecimal digits in lower case' }));

const schema = z
  .strictObject({
    manifest: z.literal(FORMAT_VERSION, { error: `must be ${FORMAT_VERSION}, the only supported format` }),
    version: z.int({ error: COUNT }).check(z.minimum(1, { error: `${COUNT} from 1 on` })),
    created: z.string().check(
      z.refine((text) => !Number.isNaN(parseInstant(text)), {
        error: 'must be a time with its zone, like 2024-11-30T23:59:59Z',
      }),
    ),
    policy: z.optional(z.strictObject({ bytes: whole, sha256 })),
    registry: z.optional(z.strictObject({ rows: whole, bytes: whole, sha256 })),
    signatures: z
      .array(
        z.strictObject({
          key: z.string().check(z.regex(/^[0-9a-f]{16}$/, { error: 'must be 16 hexadecimal digits in lower case' })),
          signature: z.string().check(z.regex(/^[A-Za-z0-9+/]{86}==$/, { error: 'must be 64 bytes in base64' })),
        }),
      )
      .check(z.maxLength(MAX_SIGNATURES, { error: `may be at most ${MAX_SIGNATURES}` })),
  })
  .check(
    z.refine(({ policy, registry }) => policy !== undefined || registry !== undefined, {
      error: 'must describe a policy, a registry or both',
    }),
  );

export interface ManifestResult {
  /** Null where there are problems. */
  readonly manifest: Manifest | null;
  readonly problems: readonly string[];
}

/** Parses the bytes of a manifest file. Never throws. */
export function parseManifest(bytes: Uint8Array): ManifestResult {
  if (bytes.length > MAX_MANIFEST_BYTES)
    return refused(`the manifest has ${bytes.length} bytes; it may have at most ${MAX_MANIFEST_BYTES}`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refused('the manifest is not JSON in UTF-8');
  }
  const result = schema.safeParse(value);
  if (result.success) return { manifest: result.data, problems: [] };
  return refused(...result.error.issues.map(problemText));
}

function problemText(problem: z.core.$ZodIssue): string {
  const place = ['manifest', ...problem.path].join('.');
  if (problem.code === 'unrecognized_keys') return `${place}: unknown fields: ${problem.keys.join(', ')}`;
  return `${place}: ${problem.message}`;
}

function refused(...problems: string[]): ManifestResult {
  return { manifest: null, problems };
}

/** The bytes that a signature signs. */
export function signedBytes(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(PURPOSE + canonicalJson({ ...manifest, signatures: undefined }));
}

/** The text of a manifest's file. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
