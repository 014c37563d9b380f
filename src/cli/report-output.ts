/**
 * `--report FILE`: checked before anything is read, written at the end. The ending of the name says which form it has.
 */
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { CHROMIUM_NAMES, findChromium, printPdf } from '../study/report/print-pdf.ts';
import { pathOfNew, STANDARD_OUTPUT } from './output-paths.ts';
import type { ReportFlags } from './report-flags.ts';
import { SignalWatch } from './signal-watch.ts';
import { writeOut } from './write-out.ts';

/** Writes the page of a report in the form that its file name asks for. */
export class ReportOutput {
  private readonly path: string;
  /** Null for HTML. */
  private readonly chromium: string | null;

  private constructor(path: string, chromium: string | null) {
    this.path = path;
    this.chromium = chromium;
  }

  /** Null without `--report`. Throws CommandError where the report cannot be made. */
  static of({ report, audience }: ReportFlags): ReportOutput | null {
    if (report === undefined) {
      if (audience === undefined) return null;
      throw new CommandError(`--audience ${audience} wants --report FILE`, ExitCode.WRONG_USAGE);
    }
    if (report === STANDARD_OUTPUT) return new ReportOutput(report, null);
    switch (extname(report).toLowerCase()) {
      case '.html':
      case '.htm':
        return new ReportOutput(report, null);
      case '.pdf':
        return new ReportOutput(report, requireChromium(report));
      default:
        throw new CommandError(`--report ${report}: the name must end in .html or .pdf`, ExitCode.WRONG_USAGE);
    }
  }

  /** Throws CommandError if the report cannot be written, or if a signal ends its printing. */
  async write(page: string): Promise<void> {
    if (this.path === STANDARD_OUTPUT) {
      await writeOut(page);
      return;
    }
    try {
      await writeWhole(this.path, this.chromium === null ? page : await printed(this.chromium, page));
    } catch (error) {
      if (error instanceof CommandError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(`cannot write the report ${this.path}: ${reason}`, ExitCode.FAILED);
    }
  }
}

function requireChromium(report: string): string {
  const chromium = findChromium();
  if (chromium !== null) return chromium;
  const [first, ...others] = CHROMIUM_NAMES;
  throw new CommandError(
    `--report ${report}: a PDF is printed by Chromium, and none of ${[first, ...others].join(', ')} is ` +
      'in PATH. Install it (Debian: apt-get install chromium), or write the report as .html',
    ExitCode.WRONG_USAGE,
  );
}

/** A first signal ends the printing. */
async function printed(chromium: string, page: string): Promise<Uint8Array> {
  const ending = new AbortController();
  const signals = new SignalWatch(() => {
    ending.abort();
  });
  try {
    return await printPdf(chromium, page, ending.signal);
  } catch (error) {
    const { exitCode } = signals;
    throw exitCode === null ? error : new CommandError('interrupted while the report was printed', exitCode);
  } finally {
    signals.stop();
  }
}

/** A regular file is replaced at once, so that no reader sees a part of it. A link to it stays. */
async function writeWhole(name: string, content: string | Uint8Array): Promise<void> {
  const path = await pathOfNew(name);
  const known = await stat(path).catch(() => null);
  if (known !== null && !known.isFile()) {
    await writeFile(path, content);
    return;
  }
  const beside = `${path}.${process.pid}.part`;
  try {
    await writeFile(beside, content, { flag: 'wx' });
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}
