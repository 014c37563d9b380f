/** `sluice report`: a report on a period, from a history in a file. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { csvName, type ReportFiles, reportFiles } from '../history/report/report-files.ts';
import { makeReport, ReportRefusal } from '../history/report/make-report.ts';
import type { ReportAudience } from '../history/report/report-audience.ts';
import { problemOf } from '../history/store/database-fault.ts';
import { readCopy } from '../history/store/history-copy.ts';
import { STANDARD_OUTPUT } from './output-paths.ts';
import { ReportOutput } from './report-output.ts';
import { zoneOf } from './history-flags.ts';

export interface HistoryReportFlags {
  readonly history: string;
  readonly period: string;
  readonly audience: ReportAudience;
  readonly output: string;
  readonly tables?: string;
  readonly site?: string;
  readonly isp?: string;
  readonly link?: string;
  readonly zone?: string;
  readonly hidePrefixes?: boolean;
  readonly force?: boolean;
}

const JSON_ENDING = '.json';

export async function report(flags: HistoryReportFlags): Promise<ExitCode> {
  const { history, output, tables, force = false } = flags;
  if (!existsSync(history)) throw new CommandError(`--history ${history}: there is no such file`, ExitCode.WRONG_USAGE);
  if (output !== STANDARD_OUTPUT && existsSync(output) && !force)
    throw new CommandError(`--output ${output}: the file exists; --force overwrites`, ExitCode.WRONG_USAGE);
  const isJson = extname(output).toLowerCase() === JSON_ENDING;
  // Before the history is read: a PDF needs a Chromium.
  const page = isJson ? null : ReportOutput.of({ report: output });
  const files = made(flags);
  if (isJson) await written(output, files.json);
  else await page!.write(files.page);
  if (tables !== undefined) await writeTables(tables, files);
  return ExitCode.DONE;
}

function made(flags: HistoryReportFlags): ReportFiles {
  const { history, hidePrefixes = false, period, audience, site, isp, link } = flags;
  const query = { period, audience, site, isp, link };
  const setting = { zone: zoneOf(flags), showsPrefixes: !hidePrefixes, nowMs: Date.now(), isLive: true };
  try {
    return readCopy(history, (database) => reportFiles(makeReport(database, query, setting)));
  } catch (error) {
    if (error instanceof ReportRefusal)
      throw new CommandError(`--period ${period}: ${error.message}`, ExitCode.WRONG_USAGE);
    throw new CommandError(`--history ${history}: ${problemOf(error, history).problem}`, ExitCode.FAILED);
  }
}

async function writeTables(folder: string, { head, tables }: ReportFiles): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new CommandError(`--tables ${folder}: ${(error as Error).message}`, ExitCode.FAILED);
  }
  for (const [table, csv] of Object.entries(tables)) await written(join(folder, csvName(head, table)), csv);
}

async function written(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new CommandError(`cannot write ${path}: ${(error as Error).message}`, ExitCode.FAILED);
  }
}
