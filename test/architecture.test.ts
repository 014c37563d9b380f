/**
 * The import rules, checked against every import in `src`. Data flows one way: a folder imports only itself and folders
 * before it in the list. And the bounds of files, functions, lines and chains of imports; that of files is one of tests too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCES = join(import.meta.dirname, '../src');
const TESTS = import.meta.dirname;

const FINDING_CODES = ['dataplane/host/finding.ts', 'dataplane/host/checks.ts'];

/** Bounds of a file, a function, a line, and of a chain of imports that load code. */
const MOST_LINES = 400;
const MOST_FUNCTION_LINES = 70;
const MOST_COLUMNS = 120;
const LONGEST_CHAIN = 11;

/** The console's page is a program of its own, which a browser loads as one file. */
const PAGE = 'web/console/';
/** The compiled dataplane is one too, which the host loads as one file. */
const COMPILED = 'dataplane/assembly/';

interface Rule {
  /** Folders, or files, of `src`; all folders before it where there are none. */
  readonly sources?: readonly string[];
  /** Modules of Node and packages. */
  readonly packages: 'any' | readonly string[];
}

/** Folders in the order of the data; each sees those before it, and the packages that are named. */
const FOLDERS: Readonly<Record<string, Rule>> = {
  core: { packages: [] },
  // Captures are read into the memory of a compiled dataplane, which walks their records.
  capture: { sources: ['core', 'dataplane/host/linear-dataplane.ts'], packages: 'any' },
  // The seeds of hash tables come from node:crypto.
  'dataplane/host': { packages: ['node:fs', 'node:crypto'] },
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
  // The file of a thread is beside the bundle, or in the build.
  pipeline: { packages: ['node:fs', 'node:worker_threads'] },
  output: { packages: 'any' },
  study: { packages: 'any' },
  history: { packages: 'any' },
  web: { packages: 'any' },
  // Ships and receives; decides nothing and sees neither packets nor pages.
  fleet: { sources: ['core', 'rules', 'output'], packages: 'any' },
  desk: { packages: 'any' },
  daemon: { packages: 'any' },
  hub: { packages: 'any' },
  cli: { packages: 'any' },
  // Programs that import the library start no command.
  library: {
    sources: ['core', 'capture', 'dataplane/host', 'policy', 'rules', 'decision', 'pipeline', 'output'],
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

  it(`of which the next one is loaded by the one before are at most ${LONGEST_CHAIN} in a row`, () => {
    const chain = longestChain();
    expect(chain.length, chain.join(' -> ')).toBeLessThanOrEqual(LONGEST_CHAIN);
  });
});

/** Files of `src` that are bounded. */
const bounded = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(SOURCES, name), 'utf8') }));

describe('a file of src', () => {
  it(`has at most ${MOST_LINES} lines`, () => {
    const lengths = bounded.map(({ name, text }) => ({ name, lines: text.split('\n').length - 1 }));
    expect(lengths.filter(({ lines }) => lines > MOST_LINES)).toEqual([]);
  });

  it(`has lines of at most ${MOST_COLUMNS} columns`, () => {
    const wide = bounded.filter(({ text }) => text.split('\n').some((line) => line.length > MOST_COLUMNS));
    expect(wide.map(({ name }) => name)).toEqual([]);
  });

  it(`has functions of at most ${MOST_FUNCTION_LINES} lines`, () => {
    const long = bounded.flatMap(({ name, text }) =>
      functionsOf(name, text)
        .filter(({ lines }) => lines > MOST_FUNCTION_LINES)
        .map((found) => `${name} ${found.name}`),
    );
    expect(long).toEqual([]);
  });
});

it(`a file of tests has at most ${MOST_LINES} lines`, () => {
  const names = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) => /\.m?[jt]s$/.test(name));
  expect(names.length).toBeGreaterThan(300);
  const lengths = names.map((name) => ({
    name,
    lines: readFileSync(join(TESTS, name), 'utf8').split('\n').length - 1,
  }));
  expect(lengths.filter(({ lines }) => lines > MOST_LINES)).toEqual([]);
});

/** The functions and methods of a file that have a name, with their lines. */
function functionsOf(file: string, text: string): { readonly name: string; readonly lines: number }[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: { readonly name: string; readonly lines: number }[] = [];
  const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node))
      found.push({
        name: node.name?.getText(source) ?? '',
        lines: lineAt(node.end) - lineAt(node.getStart(source)) + 1,
      });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The longest chain of files each of which loads the next. Imports of types and those made when code runs load nothing. */
function longestChain(): readonly string[] {
  const loaded = new Map(files.map((file) => [file, loadedBy(file)]));
  const chains = new Map<string, readonly string[]>();
  const chainOf = (file: string): readonly string[] => {
    let chain = chains.get(file);
    if (chain === undefined) {
      const next = (loaded.get(file) ?? []).map(chainOf).sort((a, b) => b.length - a.length)[0] ?? [];
      chain = [file, ...next];
      chains.set(file, chain);
    }
    return chain;
  };
  return files
    .filter((file) => !file.startsWith(PAGE) && !file.startsWith(COMPILED))
    .map(chainOf)
    .sort((a, b) => b.length - a.length)[0]!;
}

/** The files of `src` that loading this one loads at once. */
function loadedBy(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(SOURCES, file), 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    const isExport = ts.isExportDeclaration(statement);
    if (!isExport && !ts.isImportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return [];
    if (!moduleSpecifier.text.startsWith('.') || onlyTypes(statement)) return [];
    return [relative(SOURCES, resolve(SOURCES, dirname(file), moduleSpecifier.text))];
  });
}

/** True for `import type` and `export type`, and where every name in braces has the word. */
function onlyTypes(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) {
    const { exportClause } = statement;
    if (statement.isTypeOnly) return true;
    return exportClause !== undefined && ts.isNamedExports(exportClause) && areTypes(exportClause.elements);
  }
  const { importClause } = statement;
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { namedBindings } = importClause;
  return (
    importClause.name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    areTypes(namedBindings.elements)
  );
}

function areTypes(names: readonly { readonly isTypeOnly: boolean }[]): boolean {
  return names.length > 0 && names.every(({ isTypeOnly }) => isTypeOnly);
}

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
