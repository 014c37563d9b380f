/** What the built page may weigh and load: under 150 kB of script and style, nothing from elsewhere, nothing inline. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../kit/committed-captures.ts';

const FOLDER = join(ROOT, 'dist/console');
const MOST_BYTES = 150_000;
/** Names of namespaces, which nothing is loaded from. */
const NAMESPACES = /^http:\/\/www\.w3\.org\/(1999|2000|1998)\//;

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
const ofKind = (pattern: RegExp): string[] => files.filter((name) => pattern.test(name));
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

describe('the built page', () => {
  it('has less than 150 kB of script and style, compressed', () => {
    const parts = ofKind(/\.(js|css)$/);
    expect(parts.length).toBeGreaterThan(1);
    const bytes = parts.reduce((sum, name) => sum + gzipSync(read(name)).length, 0);
    expect(bytes).toBeLessThan(MOST_BYTES);
  });

  it('loads nothing from elsewhere', () => {
    const html = read('index.html');
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
    expect(addresses.length).toBeGreaterThan(2);
    expect(addresses.filter((address) => !address.startsWith('/assets/'))).toEqual([]);
    for (const name of ofKind(/\.css$/)) {
      const loaded = [...read(name).matchAll(/url\(([^)]+)\)|@import\s+["']([^"']+)/g)].map(
        ([, one, other]) => one ?? other!,
      );
      expect(loaded.filter((address) => !/^["']?\/assets\//.test(address))).toEqual([]);
    }
    for (const name of ofKind(/\.js$/)) {
      const named = [...read(name).matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address);
      expect(named.filter((address) => !NAMESPACES.test(address))).toEqual([]);
    }
  });

  it('has no inline script and no inline style, which its policy forbids', () => {
    const html = read('index.html');
    expect(html).not.toMatch(/\sstyle=/i);
    expect(html).not.toMatch(/<style/i);
    expect(html).not.toMatch(/\son\w+=/i);
    for (const [, attributes, content] of html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/gi)) {
      expect(attributes).toContain('src=');
      expect(content).toBe('');
    }
  });

  it('has the licences of what it is made of', () => {
    expect(read('licenses/inter.txt')).toContain('SIL Open Font License');
    for (const name of ['preact', 'uplot']) expect(read('licenses/packages.md')).toContain(name);
  });
});
