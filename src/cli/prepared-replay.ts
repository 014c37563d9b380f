/**
 * `sluice replay` as one script, with what V8 compiled of it when the program was built. Node 20 keeps nothing of what
 * it compiles from modules, and compiling takes a third of the start of a short replay.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/** Beside the bundle. Where there is no bundle, as in tests of the sources, there is no such file. */
const PROGRAM = fileURLToPath(new URL('./replay-program.cjs', import.meta.url));
/** Has what starts the program by its name. */
const START = './replay-start.cjs';
/** V8 takes code of its own version alone. */
const CODE = fileURLToPath(new URL(`./replay-program-${process.versions.v8}-${process.arch}.code`, import.meta.url));
const WRAPPER = ['(function (exports, require, __filename, importModule) { ', '\n})'] as const;

// An import of node:fs would load its streams, which takes a twentieth of the start.
const { readFileSync, writeFileSync } = process.getBuiltinModule('node:fs');

interface Program {
  main(): Promise<void>;
}

type ImportModule = (path: string) => Promise<unknown>;
type Wrapped = (exports: object, require: NodeJS.Require, filename: string, importModule: ImportModule) => void;

export class PreparedReplay {
  private readonly script: Script;

  /** Without code it is compiled as it runs. */
  constructor(code?: Buffer) {
    this.script = new Script(WRAPPER[0] + readFileSync(PROGRAM, 'latin1') + WRAPPER[1], {
      filename: PROGRAM,
      ...(code !== undefined && { cachedData: code }),
    });
  }

  run(): Program {
    const require = createRequire(PROGRAM);
    const module = { exports: {}, loaded: true } as NodeJS.Module;
    // Other files of the program ask for it as for any module.
    require.cache[PROGRAM] = module;
    const wrapped = this.script.runInThisContext() as Wrapped;
    wrapped(module.exports as object, require, PROGRAM, (path) => import(new URL(path, import.meta.url).href));
    return require(START) as Program;
  }

  /** True when V8 need not compile. */
  get hasCode(): boolean {
    return this.script.cachedDataRejected === false;
  }

  /** Keeps the code of all functions that have run. */
  keepCode(): void {
    writeFileSync(CODE, this.script.createCachedData());
  }
}

/** Null where the build has kept no code for this V8. */
export function preparedReplay(): PreparedReplay | null {
  let code: Buffer;
  try {
    code = readFileSync(CODE);
  } catch {
    return null;
  }
  return new PreparedReplay(code);
}
