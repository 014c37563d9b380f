/** CITATION.cff is valid by the Citation File Format 1.2.0, and true of this project. */
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const citation = parse(read('CITATION.cff')) as { version: string; license: string; authors: object[] };

/** The schema is a file of the package that its index does not export. */
const SCHEMA = join(ROOT, 'node_modules/cffjs/dist/schema.js');

/** The official JSON Schema of version 1.2.0, as a package has it. */
async function officialSchema(): Promise<{ $id: string }> {
  const { schema } = (await import(pathToFileURL(SCHEMA).href)) as { schema: { $id: string } };
  return schema;
}

it('is valid by the official JSON Schema', async () => {
  const schema = await officialSchema();
  expect(schema.$id).toBe('https://citation-file-format.github.io/1.2.0/schema.json');
  // Formats of dates and addresses are checked by nothing here; the file has none.
  const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
  validate(citation);
  expect(validate.errors).toBe(null);
  expect(validate({ ...citation, licence: 'MIT' })).toBe(false);
  expect(validate({ ...citation, authors: [] })).toBe(false);
});

it('has the version and licence of the package, and the holder that LICENSE names', () => {
  const { version, license } = JSON.parse(read('package.json')) as { version: string; license: string };
  expect(citation).toMatchObject({ version, license });
  const holder = /^Copyright \(c\) \d{4} (.*)$/m.exec(read('LICENSE'))?.[1];
  expect(citation.authors).toEqual([{ name: holder }]);
});
