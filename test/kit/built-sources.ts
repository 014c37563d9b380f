/** The sources as plain JavaScript in a temporary folder, for tests that need a process of their own. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';

const PROJECT = join(import.meta.dirname, '../..');
const SOURCES = join(PROJECT, 'src');

export interface BuiltSources {
  readonly folder: string;
  /** Copies a script beside the built files; returns the copy's path. */
  add(script: string): string;
  remove(): void;
}

/** Compiles `src` without checking types, so that no test depends on a build made before. */
export function buildSources(): BuiltSources {
  const folder = mkdtempSync(join(tmpdir(), 'sources-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  for (const file of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(SOURCES, file), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        rewriteRelativeImportExtensions: true,
        useDefineForClassFields: false,
      },
    });
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file.replace(/\.ts$/, '.js')), outputText);
  }
  const host = join(folder, 'dataplane/host');
  cpSync(join(PROJECT, 'dist/bin/dataplane.wasm'), join(host, 'dataplane.wasm'));
  return {
    folder,
    add: (script) => {
      const copy = join(folder, basename(script));
      cpSync(script, copy);
      return copy;
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
