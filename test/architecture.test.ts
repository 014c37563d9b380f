/**
 * The import rules, checked against every import in `src`. Data flows one way: a folder imports only itself and folders before it in the list.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCES = join(import.meta.dirname, '../src');

const DATAPLANE = ['dataplane', 'dataplane/wire', 'dataplane/flow', 'dataplane/fingerprint'];
const FINDING_CODES = ['dataplane/fingerprint/finding.ts', 'dataplane/fingerprint/checks.ts'];

interface Rule {
  /** Folders, or files, of `src`; all folders before it where there are none. */
  readonly sources?: readonly string[];
  /** Modules of Node and packages. */
  readonly packages: 'any' | readonly string[];
}

/** Folders in the order of the data; each sees those before it, and the packages that are named. */
const FOLDERS: Readonly<Record<string, Rule>> = {
  core: { packages: [] },
  capture: { packages: 'any' },
  // These three do not see the capture.
  'dataplane/wire': { sources: ['core'], packages: [] },
  // The seed of the hash table comes from node:crypto.
  'dataplane/flow': { sources: ['core', 'dataplane/wire'], packages: ['node:crypto'] },
  'dataplane/fingerprint': { sources: ['core', 'dataplane/wire'], packages: [] },
  dataplane: { packages: [] },
  // Compiled to WebAssembly: sees nothing outside itself.
  'dataplane/assembly': {
    sources: ['record', 'wire', 'flow', 'fingerprint'].map((folder) => `dataplane/assembly/${folder}`),
    packages: [],
  },
  'dataplane/assembly/record': { sources: ['dataplane/assembly'], packages: [] },
  'dataplane/assembly/wire': { sources: ['dataplane/assembly'], packages: [] },
  'dataplane/assembly/flow': { sources: ['dataplane/assembly', 'dataplane/assembly/wire'], packages: [] },
  'dataplane/assembly/fingerprint': { sources: ['dataplane/assembly', 'dataplane/assembly/wire'], packages: [] },
  registry: { sources: ['core'], packages: 'any' },
  // Findings have their codes from the dataplane.
  policy: { sources: ['core', 'registry', ...FINDING_CODES], packages: 'any' },
  rules: { sources: ['core', 'registry', 'policy'], packages: 'any' },
  decision: { packages: ['node:crypto'] },
  pipeline: { packages: ['node:worker_threads'] },
  output: { packages: 'any' },
  study: { packages: 'any' },
  history: { packages: 'any' },
  web: { packages: 'any' },
  daemon: { packages: 'any' },
  cli: { packages: 'any' },
  // Programs that import the library start no command.
  library: {
    sources: ['core', 'capture', ...DATAPLANE, 'policy', 'rules', 'decision', 'pipeline', 'output'],
    packages: [],
  },
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
    // AssemblyScript names a file without its ending.
    const path = file.startsWith('dataplane/assembly/') ? `${fileName}.ts` : fileName;
    const to = inside ? relative(SOURCES, resolve(SOURCES, dirname(file), path)) : fileName;
    return { from: file, to, inside };
  });
}

const ORDER = Object.keys(FOLDERS);
/** The deepest folder of the list that holds a file. */
const folderOf = (file: string): string | undefined =>
  ORDER.filter((folder) => file.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)[0];

function isAllowed({ from, to, inside }: Edge): boolean {
  const folder = folderOf(from);
  if (folder === undefined) return false;
  const { packages, sources = ORDER.slice(0, ORDER.indexOf(folder)) } = FOLDERS[folder]!;
  if (!inside) return packages === 'any' || packages.includes(to);
  return folderOf(to) === folder || sources.includes(folderOf(to) ?? '') || sources.includes(to);
}

describe('imports', () => {
  it('are found, and lead to files that exist', () => {
    expect(edges.length).toBeGreaterThan(150);
    expect(edges.filter(({ to, inside }) => inside && !files.includes(to))).toEqual([]);
  });

  it('stay in folders of the list', () => {
    expect(files.filter((file) => folderOf(file) === undefined)).toEqual([]);
  });

  it.each(ORDER)('of %s are those of the list', (folder) => {
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
