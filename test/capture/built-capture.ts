/** The capture folder as plain JavaScript in a temporary folder, for tests that need a process of their own. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';

const SOURCES = join(import.meta.dirname, '../../src');

/** Compiles src/core and src/capture without checking types; returns the folder and a way to remove it. */
export function buildCapture(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'capture-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const part of ['core', 'capture']) {
    mkdirSync(join(folder, part));
    for (const file of readdirSync(join(SOURCES, part)).filter((name) => name.endsWith('.ts'))) {
      const { outputText } = ts.transpileModule(readFileSync(join(SOURCES, part, file), 'utf8'), {
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ES2023,
          rewriteRelativeImportExtensions: true,
        },
      });
      writeFileSync(join(folder, part, file.replace(/\.ts$/, '.js')), outputText);
    }
  }
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Puts a script for a process of its own beside the built folders. */
export function addScript(folder: string, name: string): string {
  const path = join(folder, name);
  cpSync(join(import.meta.dirname, name), path);
  return path;
}
