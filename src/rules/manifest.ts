/**
 * A manifest: the size and hash of a policy file, a registry file, or both, with signatures. It is a JSON file next to
 * the file that it describes, with the same name and `.manifest.json` added:
 *
 *   { "manifest": 1, "version": 12, "created": "2026-11-28T09:00:00Z",
 *     "policy": { "bytes": 3041, "sha256": "…" }, "registry": { "rows": 20114, "bytes": 1843201, "sha256": "…" },
 *     "signatures": [ { "key": "9f86d081884c7d65", "signature": "…" } ] }
 *
 * How it is read and signed: signed-document.
 */
import * as z from 'zod/mini';
import {
  bytesToSign,
  documentText,
  type DocumentSignature,
  instantField,
  parseSigned,
  sha256Field,
  signaturesField,
  versionField,
  wholeField,
} from './signed-document.ts';

export const MANIFEST_SUFFIX = '.manifest.json';

const FORMAT_VERSION = 1;
const PURPOSE = 'sluice rules manifest';

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

export interface Manifest {
  readonly manifest: 1;
  /** A number that grows with every manifest. */
  readonly version: number;
  /** ISO 8601. */
  readonly created: string;
  readonly policy?: ManifestPart | undefined;
  readonly registry?: ManifestPart | undefined;
  readonly signatures: readonly DocumentSignature[];
}

const schema = z
  .strictObject({
    manifest: z.literal(FORMAT_VERSION, { error: `must be ${FORMAT_VERSION}, the only supported format` }),
    version: versionField,
    created: instantField,
    policy: z.optional(z.strictObject({ bytes: wholeField, sha256: sha256Field })),
    registry: z.optional(z.strictObject({ rows: wholeField, bytes: wholeField, sha256: sha256Field })),
    signatures: signaturesField,
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
  const { value, problems } = parseSigned(bytes, schema, 'manifest');
  return { manifest: value, problems };
}

/** The bytes that a signature signs. */
export function signedBytes(manifest: Manifest): Uint8Array {
  return bytesToSign(PURPOSE, manifest);
}

/** The text of a manifest's file. */
export function manifestText(manifest: Manifest): string {
  return documentText(manifest);
}
