/** Compiles the capture folder to JavaScript in a temporary folder, for tests that start a process. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const SOURCES = join(import.meta.dirname, '../../src');

/** Compiles src/core and src/capture without checking types; returns the folder and a way to remove it. */
export function buildCapture(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'capture-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const part of ['core', 'capture']) {
    const files = readdirSync(join(SOURCES, part), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      mkdirSync(dirname(join(folder, part, file)), { recursive: true });
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

/** Copies a script next to the built folders, to be started as a process. */
export function addScript(folder: string, name: string): string {
  const path = join(folder, name);
  cpSync(join(import.meta.dirname, name), path);
  return path;
}
