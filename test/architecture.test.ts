/**
 * Who may import whom, held against every import in `src`. Data flows one way: a folder sees what stands before it. Where a
 * folder may see only some files of another, those are the code tables and records that leave it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCES = join(import.meta.dirname, '../src');

interface Rule {
  /** Folders, or files, of `src`. */
  readonly sources: readonly string[];
  /** Modules of Node and packages. */
  readonly packages: 'any' | readonly string[];
}

const FINDING_CODES = ['fingerprint/finding.ts', 'fingerprint/checks.ts'];
const NAMES = [
  ...FINDING_CODES,
  'fingerprint/evidence.ts',
  'policy/action.ts',
  'enforcement/outcome.ts',
  'wire/packet-view.ts',
  'wire/decode-status.ts',
];
const ENGINE_AND_LEFT = [
  'core',
  'capture',
  'wire',
  'flow',
  'fingerprint',
  'registry',
  'policy',
  'enforcement',
  'engine',
];

const RULES: Readonly<Record<string, Rule>> = {
  core: { sources: [], packages: [] },
  capture: { sources: ['core'], packages: 'any' },
  wire: { sources: ['core'], packages: [] },
  // The seed of the hash table comes from node:crypto.
  flow: { sources: ['core', 'wire'], packages: ['node:crypto'] },
  fingerprint: { sources: ['core', 'wire'], packages: [] },
  registry: { sources: ['core'], packages: 'any' },
  policy: { sources: ['core', ...FINDING_CODES, 'registry'], packages: 'any' },
  rules: { sources: ['core'], packages: 'any' },
  enforcement: { sources: ['core', 'policy'], packages: [] },
  engine: { sources: ENGINE_AND_LEFT, packages: ['node:crypto'] },
  shards: { sources: ENGINE_AND_LEFT, packages: ['node:worker_threads'] },
  study: { sources: ENGINE_AND_LEFT, packages: 'any' },
  // The capture writer takes the rows of a batch as they are; registered prefixes are shown as far as addresses are.
  output: {
    sources: ['core', 'engine', 'study', 'capture/packet-batch.ts', 'registry/prefix.ts', ...NAMES],
    packages: 'any',
  },
  server: { sources: ['core', 'engine', 'output', ...NAMES], packages: 'any' },
  cli: { sources: [...ENGINE_AND_LEFT, 'rules', 'shards', 'study', 'output', 'server'], packages: 'any' },
};

interface Edge {
  readonly from: string;
  /** A file of `src`, or a package. */
  readonly to: string;
  readonly inside: boolean;
}

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const edges = files.flatMap(importsOf);

function importsOf(file: string): Edge[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(SOURCES, file), 'utf8'));
  return importedFiles.map(({ fileName }) => {
    const inside = fileName.startsWith('.');
    const to = inside ? relative(SOURCES, resolve(SOURCES, dirname(file), fileName)) : fileName;
    return { from: file, to, inside };
  });
}

const folderOf = (file: string): string => file.split('/')[0]!;

function isAllowed({ from, to, inside }: Edge): boolean {
  const folder = folderOf(from);
  const rule = RULES[folder];
  if (rule === undefined) return false;
  if (!inside) return rule.packages === 'any' || rule.packages.includes(to);
  return folderOf(to) === folder || rule.sources.includes(folderOf(to)) || rule.sources.includes(to);
}

describe('imports', () => {
  it('are found, and lead to files that exist', () => {
    expect(edges.length).toBeGreaterThan(150);
    expect(edges.filter(({ to, inside }) => inside && !files.includes(to))).toEqual([]);
  });

  it('stay in folders that the table knows', () => {
    expect(files.filter((file) => !(folderOf(file) in RULES))).toEqual([]);
  });

  it.each(Object.keys(RULES))('of %s are those of the table', (folder) => {
    const forbidden = edges.filter((edge) => folderOf(edge.from) === folder && !isAllowed(edge));
    expect(forbidden.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('make no circle', () => {
    expect(circles()).toEqual([]);
  });
});

/** Chains of files that come back to their first one. */
function circles(): string[] {
  const targets = new Map(files.map((file) => [file, edges.filter((edge) => edge.from === file && edge.inside)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      found.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const { to } of targets.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return found;
}
