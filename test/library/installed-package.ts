/** The package as `npm pack` makes it, installed into an empty project. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');

export class InstalledPackage {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-installed-')));
  /** Paths in the tarball, and its size in bytes. */
  readonly files: readonly string[];
  readonly size: number;

  /** Packs what `npm run build` built, and installs it without scripts or optional packages. */
  constructor() {
    const packed = npm(ROOT, 'pack', '--ignore-scripts', '--json', '--pack-destination', this.folder);
    const [tarball] = JSON.parse(packed) as { filename: string; size: number; files: { path: string }[] }[];
    this.files = tarball!.files.map(({ path }) => path);
    this.size = tarball!.size;
    this.write('package.json', '{ "name": "consumer", "private": true, "type": "module" }');
    const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--omit=optional'];
    npm(this.folder, 'install', ...quiet, `./${tarball!.filename}`);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Checks a file's types as a consumer would, with every declaration file read. */
  typeCheck(file: string, moduleResolution: 'nodenext' | 'bundler'): string {
    const module = moduleResolution === 'nodenext' ? 'nodenext' : 'esnext';
    const options = { target: 'es2022', lib: ['es2022', 'dom'], types: [], strict: true, skipLibCheck: false };
    this.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: { ...options, module, moduleResolution }, files: [file] }),
    );
    const { stdout } = spawnSync(process.execPath, [COMPILER, '--noEmit'], { cwd: this.folder, encoding: 'utf8' });
    return stdout;
  }

  node(...args: readonly string[]): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, args, { cwd: this.folder, encoding: 'utf8' });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
