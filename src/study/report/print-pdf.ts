/**
 * Prints a page to PDF through an installed Chromium: headless, from a private folder, without network, within a limit
 * of time.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Names of the program, in the order in which they are tried. */
export const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome'] as const;

const TIME_LIMIT_MS = 60_000;
const ENDING_MS = 2000;
/** Characters of the program's messages that are kept. */
const MESSAGE_LIMIT = 10_000;

/** The path of an installed Chromium; null if there is none in PATH. */
export function findChromium(path = process.env.PATH ?? ''): string | null {
  for (const name of CHROMIUM_NAMES) {
    for (const folder of path.split(delimiter)) {
      if (folder !== '' && isProgram(join(folder, name))) return join(folder, name);
    }
  }
  return null;
}

/** The page as PDF. Throws Error with a reason for the user; aborting the signal ends Chromium. */
export async function printPdf(chromium: string, page: string, signal?: AbortSignal): Promise<Uint8Array> {
  // The folder is the user's own (mode 0700).
  const folder = await mkdtemp(join(tmpdir(), 'sluice-report-'));
  try {
    const source = join(folder, 'report.html');
    const target = join(folder, 'report.pdf');
    await writeFile(source, page);
    await run(chromium, argumentsFor(folder, source, target), folder, signal);
    try {
      return await readFile(target);
    } catch {
      throw new Error(`${chromium} ended without a PDF`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function argumentsFor(folder: string, source: string, target: string): string[] {
  return [
    '--headless',
    '--disable-gpu',
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-extensions',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-breakpad',
    // Containers often have little shared memory.
    '--disable-dev-shm-usage',
    '--host-resolver-rules=MAP * ~NOTFOUND',
    `--user-data-dir=${join(folder, 'profile')}`,
    // Chromium refuses its sandbox for root.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--no-pdf-header-footer',
    `--print-to-pdf=${target}`,
    pathToFileURL(source).href,
  ];
}

/** Runs the program to its end. It has a process group of its own, which ends with it. */
function run(program: string, args: readonly string[], folder: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
    });
    let message = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      if (message.length < MESSAGE_LIMIT) message += piece;
    });
    let why = '';
    const end = (reason: string): void => {
      why = reason;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const late = setTimeout(() => {
      end(`no PDF after ${TIME_LIMIT_MS / 1000} s`);
    }, TIME_LIMIT_MS);
    const aborted = (): void => {
      end('interrupted');
    };
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted === true) aborted();
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(late);
      signal?.removeEventListener('abort', aborted);
      // A helper process that outlives the program keeps standard error open.
      const rest = setTimeout(() => {
        child.stderr.destroy();
      }, ENDING_MS);
      child.on('close', () => {
        clearTimeout(rest);
        if (child.pid !== undefined) killGroup(child.pid);
        if (why !== '') reject(new Error(`${program}: ${why}`));
        else if (code === 0) resolve();
        else reject(new Error(`${program} ended with exit code ${code ?? 'none'}: ${lastLine(message)}`));
      });
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of its processes have ended.
  }
}

function lastLine(message: string): string {
  return message.trim().split('\n').at(-1) ?? '';
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
