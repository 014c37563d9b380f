/**
 * A checkpoint as bytes: a header line with kind, schema, build and checksum, then a document, then the state of the
 * engine. The document is JSON that later versions read too: where the source and the logs are, and how many flows
 * there were. The engine's state is for the same build only.
 *
 *     header line │ length, document │ length, layout of the state │ numbers │ columns
 */
import type { CopiedColumn, StateCopy } from '../../core/snapshot.ts';

export const CHECKPOINT_SCHEMA = 2;

export interface CheckpointHead {
  readonly state: 'checkpoint';
  readonly schema: number;
  /** The program that made it: only the same reads the state of its engine. */
  readonly build: string;
  /** Hash of the rules in use. */
  readonly rules: string;
  /** ms since 1970. */
  readonly saved_ms: number;
  /** Hash of what this line says besides, and of everything after it. */
  readonly sha256: string;
}

interface Layout {
  readonly parts: readonly string[];
  readonly data: readonly unknown[];
  readonly numberCount: number;
  /** Length of each column, and the bytes that are there of it. */
  readonly columns: readonly (readonly [number, number])[];
}

const LENGTH_BYTES = 4;
const NUMBER_BYTES = 8;

/** The bytes after the header line, in pieces. `engine`: null for none. */
export function checkpointBody(document: unknown, engine: StateCopy | null): Uint8Array<ArrayBuffer>[] {
  const pieces = withLength(JSON.stringify(document));
  if (engine === null) return [...pieces, ...withLength('null')];
  const { parts, data, numbers, columns } = engine;
  const layout: Layout = {
    parts,
    data,
    numberCount: numbers.length,
    columns: columns.map(({ length, bytes }) => [length, bytes.length]),
  };
  return [
    ...pieces,
    ...withLength(JSON.stringify(layout)),
    new Uint8Array(Float64Array.from(numbers).buffer),
    ...columns.map(({ bytes }) => bytes),
  ];
}

export interface CheckpointContent {
  readonly document: unknown;
  /** Null for none. */
  readonly engine: StateCopy | null;
}

/** Reads what `checkpointBody` has made. Throws where it is cut off. */
export function readCheckpointBody(body: Buffer<ArrayBuffer>): CheckpointContent {
  const document = textAt(body, 0);
  const layoutText = textAt(body, document.end);
  const layout = JSON.parse(layoutText.text) as Layout | null;
  if (layout === null) return { document: JSON.parse(document.text), engine: null };
  let at = layoutText.end;
  const bytesAt = (length: number): Uint8Array<ArrayBuffer> => {
    // A copy begins where numbers of any width may begin.
    const bytes = new Uint8Array(body.subarray(at, at + length));
    if (bytes.length !== length) throw new RangeError('it is cut off');
    at += length;
    return bytes;
  };
  const numbers = [...new Float64Array(bytesAt(layout.numberCount * NUMBER_BYTES).buffer)];
  const columns: CopiedColumn[] = layout.columns.map(([length, count]) => ({ length, bytes: bytesAt(count) }));
  return { document: JSON.parse(document.text), engine: { parts: layout.parts, data: layout.data, numbers, columns } };
}

function withLength(text: string): Uint8Array<ArrayBuffer>[] {
  const bytes = new Uint8Array(Buffer.from(text));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return [length, bytes];
}

function textAt(body: Buffer, at: number): { readonly text: string; readonly end: number } {
  const begin = at + LENGTH_BYTES;
  const end = begin + body.readUInt32BE(at);
  if (end > body.length) throw new RangeError('it is cut off');
  return { text: body.toString('utf8', begin, end), end };
}
