/**
 * A manifest: what a policy file, a registry file, or both must be, and who vouches for it. It lies beside the file that it is about, under the same
 * name and `.manifest.json`, as JSON:
 *
 *   { "manifest": 1, "version": 12, "created": "2026-11-28T09:00:00Z",
 *     "policy": { "bytes": 3041, "sha256": "…" }, "registry": { "rows": 20114, "bytes": 1843201, "sha256": "…" },
 *     "signatures": [ { "key": "9f86d081884c7d65", "signature": "…" } ] }
 *
 * A signature is Ed25519 over `signedBytes`: a line that names the purpose, then the manifest without `signatures` as JSON with sorted keys and no
 * spaces. So a manifest may be formatted in any way, and further fields can be added under the signature. A field that is not known here is
 * refused: it may limit what the manifest allows.
 */
import * as z from 'zod/mini';
import { parseInstant } from '../core/iso-time.ts';

export const MANIFEST_SUFFIX = '.manifest.json';

const FORM = 1;
const LARGEST_MANIFEST = 1 << 16;
const MOST_SIGNATURES = 32;
const PURPOSE = 'sluice rules manifest\n';

export const RULES_FILE_KINDS = ['policy', 'registry'] as const;
export type RulesFileKind = (typeof RULES_FILE_KINDS)[number];

/** What a manifest says of a file. */
export interface ManifestPart {
  /** Registrations of a registry; undefined for a policy. */
  readonly rows?: number | undefined;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface ManifestSignature {
  /** Id of the key (signing-key). */
  readonly key: string;
  /** Base64. */
  readonly signature: string;
}

export interface Manifest {
  readonly manifest: 1;
  /** Grows with every manifest that its author writes. */
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
    manifest: z.literal(FORM, { error: `must be ${FORM}, the only form known here` }),
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
      .check(z.maxLength(MOST_SIGNATURES, { error: `may be ${MOST_SIGNATURES} at most` })),
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

/** Reads a manifest from the bytes of its file. Never throws. */
export function parseManifest(bytes: Uint8Array): ManifestResult {
  if (bytes.length > LARGEST_MANIFEST)
    return refused(`the manifest has ${bytes.length} bytes; it may have ${LARGEST_MANIFEST}`);
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
  if (problem.code === 'unrecognized_keys')
    return `${place}: fields that are not known here: ${problem.keys.join(', ')}`;
  return `${place}: ${problem.message}`;
}

function refused(...problems: string[]): ManifestResult {
  return { manifest: null, problems };
}

/** What a signature signs. */
export function signedBytes(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(PURPOSE + canonicalJson({ ...manifest, signatures: undefined }));
}

/** JSON with sorted keys and no spaces, of objects of strings and whole numbers. Values that are undefined are left out. */
function canonicalJson(value: object): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The text of a manifest's file. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
