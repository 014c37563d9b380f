/**
 * Reads the pages of test vectors in test/wire/vectors. Under a page's title each vector is a section: where its bytes
 * come from, a list of what a capture file would say of it (link type, bytes on the wire), the bytes in hexadecimal, and
 * a table of the fields that must come out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hex } from './bytes.mjs';

const FOLDER = join(import.meta.dirname, '../wire/vectors');

export interface Vector {
  readonly page: string;
  readonly title: string;
  /** LINKTYPE_ number; NaN where the bytes are those of a payload. */
  readonly linkType: number;
  readonly wireLength: number;
  readonly bytes: Uint8Array;
  readonly fields: Readonly<Record<string, string>>;
}

/** The vectors of one page; a page without any, or a section that lacks a part, is an error. */
export function readPage(page: string): Vector[] {
  const [, ...sections] = readFileSync(join(FOLDER, `${page}.md`), 'utf8').split(/^## /m);
  if (sections.length === 0) throw new Error(`${page}.md has no vectors`);
  return sections.map((section) => readSection(page, section));
}

/** All pages, by name. */
export function readAllPages(): Vector[] {
  const pages = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));
  return pages.sort().flatMap((name) => readPage(name.slice(0, -3)));
}

/** The vectors that are frames of a link, to be decoded from their first byte on. */
export function readFrames(): Vector[] {
  return readAllPages().filter((vector) => !Number.isNaN(vector.linkType));
}

function readSection(page: string, section: string): Vector {
  const title = section.slice(0, section.indexOf('\n'));
  const [, , origin] = section.split('\n');
  const text = /```hex\n([0-9a-f\s]*)```/.exec(section)?.[1];
  if (text === undefined || origin === undefined || origin.length < 20)
    throw new Error(`${page}.md: ${title}: incomplete`);
  const bytes = hex(text);
  const fields: Record<string, string> = {};
  for (const [, name, value] of section.matchAll(/^\| (\w+) \|(.*)\|$/gm)) {
    if (name !== 'field') fields[name!] = value!.trim();
  }
  if (Object.keys(fields).length === 0) throw new Error(`${page}.md: ${title}: no fields`);
  const wire = /^- octets on the wire: (\d+)$/m.exec(section)?.[1];
  return {
    page,
    title,
    linkType: Number(/^- link type: (\d+)/m.exec(section)?.[1]),
    wireLength: wire === undefined ? bytes.length : Number(wire),
    bytes,
    fields,
  };
}
