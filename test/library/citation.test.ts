/** CITATION.cff by the rules of the Citation File Format 1.2.0 for the fields that it uses, and true of this project. */
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const citation = parse(read('CITATION.cff')) as { version: string; license: string; authors: object[] };

const text = { type: 'string', minLength: 1 };
/** The format requires the first four fields; no others may be added without their rules here. */
const FORMAT = {
  type: 'object',
  required: ['authors', 'cff-version', 'message', 'title'],
  additionalProperties: false,
  properties: {
    'cff-version': { const: '1.2.0' },
    message: text,
    title: text,
    abstract: text,
    type: { enum: ['software', 'dataset'] },
    version: text,
    license: { enum: ['MIT'] },
    keywords: { type: 'array', minItems: 1, uniqueItems: true, items: text },
    authors: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'object', required: ['name'], additionalProperties: false, properties: { name: text } },
    },
  },
};

it('is valid', () => {
  const validate = new Ajv({ allErrors: true }).compile(FORMAT);
  validate(citation);
  expect(validate.errors).toBe(null);
});

it('has the version and licence of the package, and the holder that LICENSE names', () => {
  const { version, license } = JSON.parse(read('package.json')) as { version: string; license: string };
  expect(citation).toMatchObject({ version, license });
  const holder = /^Copyright \(c\) \d{4} (.*)$/m.exec(read('LICENSE'))?.[1];
  expect(citation.authors).toEqual([{ name: holder }]);
});
