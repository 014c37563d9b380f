/**
 * Scripts that only some tests and commands begin import parts of the program by their paths. No compiler sees those
 * imports, so each is looked for here, with the names it takes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = join(ROOT, 'src');

/** Scripts that run from a folder of compiled sources (kit/built-sources), whose imports are as in `src`. */
const BESIDE_SOURCES = ['test/capture/count-packets.js', 'test/engine/measure-heap.js', 'test/engine/measure-lines.js'];

interface Import {
  readonly from: string;
  readonly names: readonly string[];
}

describe('imports of scripts', () => {
  const scripts = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.mjs', '*.js'], { cwd: ROOT })
    .toString()
    .split('\n')
    .filter((path) => /^(bench|test|captures|deploy)\//.test(path) && existsSync(join(ROOT, path)));

  it('is looked at in scripts of all kinds', () => {
    expect(scripts.length).toBeGreaterThan(50);
    for (const path of BESIDE_SOURCES) expect(scripts).toContain(path);
  });

  it.each(scripts)('%s imports what there is', (script) => {
    const missing: string[] = [];
    for (const { from, names } of importsOf(join(ROOT, script))) {
      if (!from.startsWith('.')) continue;
      const path = fileOf(script, from);
      if (!existsSync(path)) missing.push(relative(ROOT, path));
      else for (const name of names) if (!exportsOf(path).has(name)) missing.push(`${name} of ${relative(ROOT, path)}`);
    }
    expect(missing).toEqual([]);
  });
});

/** The file that a script imports: its source, where it names what is compiled from it. */
function fileOf(script: string, from: string): string {
  const base = BESIDE_SOURCES.includes(script) ? SOURCES : dirname(join(ROOT, script));
  const path = resolve(base, from).replace(join(ROOT, 'dist'), SOURCES);
  return path.startsWith(SOURCES) ? path.replace(/\.js$/, '.ts') : path;
}

function importsOf(path: string): Import[] {
  const imports: Import[] = [];
  for (const statement of parse(path).statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    const elements = bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
    const names = elements.map((element) => (element.propertyName ?? element.name).text);
    imports.push({ from: statement.moduleSpecifier.text, names });
  }
  return imports;
}

const exported = new Map<string, Set<string>>();

function exportsOf(path: string): Set<string> {
  const known = exported.get(path);
  if (known !== undefined) return known;
  const names = new Set<string>();
  exported.set(path, names);
  for (const statement of parse(path).statements) {
    if (ts.isExportDeclaration(statement)) {
      if (statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)) {
        for (const element of statement.exportClause.elements) names.add(element.name.text);
      }
    } else if (ts.canHaveModifiers(statement) && isExported(statement)) addNames(statement, names);
  }
  return names;
}

function isExported(statement: ts.HasModifiers): boolean {
  return ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

function addNames(statement: ts.Statement, names: Set<string>): void {
  if (ts.isVariableStatement(statement)) {
    for (const { name } of statement.declarationList.declarations) addBound(name, names);
  } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
    if (statement.name !== undefined) names.add(statement.name.text);
  }
}

/** A name, or each of an object's that is taken apart. */
function addBound(name: ts.BindingName, names: Set<string>): void {
  if (ts.isIdentifier(name)) names.add(name.text);
  else for (const part of name.elements) if (ts.isBindingElement(part)) addBound(part.name, names);
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
}
