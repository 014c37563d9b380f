/** Fields and files of a form, read with bounds. */
import '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { LARGEST_FILE } from '../store/file-store.ts';

export interface FormFile {
  readonly name: string;
  readonly content: Uint8Array;
  /** It was larger than a file may be, and its content is not here. */
  readonly isTooLarge: boolean;
}

const LARGEST_FIELD = 16_384;
const MOST_FIELDS = 60;
const MOST_FORM_FILES = 3;

/** Control characters, and those that turn the direction of text: a name must not look like another one. */
const UNSEEN = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** The fields of a form by name. */
export class Form {
  readonly files = new Map<string, FormFile>();
  private readonly fields = new Map<string, string[]>();

  add(name: string, value: string): void {
    const values = this.fields.get(name) ?? [];
    values.push(value.replaceAll('\r\n', '\n').replace(UNSEEN, ''));
    this.fields.set(name, values);
  }

  /** The first value, without spaces around it; empty for none. */
  text(name: string): string {
    return this.fields.get(name)?.[0]?.trim() ?? '';
  }

  all(name: string): readonly string[] {
    return this.fields.get(name) ?? [];
  }
}

export function formOf(fields: URLSearchParams): Form {
  const form = new Form();
  for (const [name, value] of fields) form.add(name, value);
  return form;
}

/** The form of a request with files. Rejects with a status of HTTP for one beyond its bounds. */
export async function multipartForm(request: FastifyRequest): Promise<Form> {
  const form = new Form();
  const limits = { fileSize: LARGEST_FILE, files: MOST_FORM_FILES, fields: MOST_FIELDS, fieldSize: LARGEST_FIELD };
  for await (const part of request.parts({ limits })) {
    if (part.type === 'field') {
      if (typeof part.value === 'string') form.add(part.fieldname, part.value);
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of part.file) chunks.push(chunk as Buffer);
    const content = Buffer.concat(chunks);
    const isTooLarge = part.file.truncated;
    if (part.filename !== '' && (content.length > 0 || isTooLarge))
      form.files.set(part.fieldname, {
        name: part.filename,
        content: isTooLarge ? content.subarray(0, 0) : content,
        isTooLarge,
      });
  }
  return form;
}
