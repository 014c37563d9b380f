/**
 * What manifests, bundles and pointers share: JSON with fields that are all known, and Ed25519 signatures over a line
 * that names the purpose, then the document without `signatures` as JSON with sorted keys and no spaces. A document may
 * therefore be formatted in any way. An unknown field is refused, because it may restrict the document.
 */
import * as z from 'zod/mini';
import { canonicalJson } from '../core/canonical-json.ts';
import { parseInstant } from '../core/iso-time.ts';

const MOST_BYTES = 1 << 16;
const MOST_SIGNATURES = 32;
const WHOLE = 'must be a whole number';

export interface DocumentSignature {
  /** The id of the key (signing-key). */
  readonly key: string;
  /** Base64. */
  readonly signature: string;
}

export const wholeField = z.int({ error: WHOLE }).check(z.nonnegative({ error: WHOLE }));

/** A number that grows with every document of its kind. */
export const versionField = z.int({ error: WHOLE }).check(z.minimum(1, { error: `${WHOLE} from 1 on` }));

export const sha256Field = z
  .string()
  .check(z.regex(/^[0-9a-f]{64}$/, { error: 'must be 64 hexadecimal digits in lower case' }));

/** ISO 8601. */
export const instantField = z.string().check(
  z.refine((text) => !Number.isNaN(parseInstant(text)), {
    error: 'must be a time with its zone, like 2024-11-30T23:59:59Z',
  }),
);

export const signaturesField = z
  .array(
    z.strictObject({
      key: z.string().check(z.regex(/^[0-9a-f]{16}$/, { error: 'must be 16 hexadecimal digits in lower case' })),
      signature: z.string().check(z.regex(/^[A-Za-z0-9+/]{86}==$/, { error: 'must be 64 bytes in base64' })),
    }),
  )
  .check(z.maxLength(MOST_SIGNATURES, { error: `may be at most ${MOST_SIGNATURES}` }));

export type DocumentReading<Document> =
  | { readonly value: Document; readonly problems: readonly [] }
  | { readonly value: null; readonly problems: readonly string[] };

/** The document in the bytes of a file, by its schema. `what`: its kind, for messages. Never throws. */
export function parseSigned<Document>(
  bytes: Uint8Array,
  schema: z.ZodMiniType<Document>,
  what: string,
): DocumentReading<Document> {
  if (bytes.length > MOST_BYTES)
    return refused(`the ${what} has ${bytes.length} bytes; it may have at most ${MOST_BYTES}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refused(`the ${what} is not JSON in UTF-8`);
  }
  const result = schema.safeParse(json);
  if (result.success) return { value: result.data, problems: [] };
  return refused(...result.error.issues.map((issue) => problemText(what, issue)));
}

function problemText(what: string, problem: z.core.$ZodIssue): string {
  const place = [what, ...problem.path].join('.');
  if (problem.code === 'unrecognized_keys') return `${place}: unknown fields: ${problem.keys.join(', ')}`;
  return `${place}: ${problem.message}`;
}

function refused(...problems: string[]): { readonly value: null; readonly problems: readonly string[] } {
  return { value: null, problems };
}

/** The bytes that a signature of a document signs. `purpose`: so that no other kind of document has the same. */
export function bytesToSign(purpose: string, document: object): Uint8Array {
  return new TextEncoder().encode(`${purpose}\n${canonicalJson({ ...document, signatures: undefined })}`);
}

/** The text of a document's file. */
export function documentText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
