/**
 * What `sluice evaluate` compares findings with: labels that name their captures, or another tool's logs. A log names
 * no capture. It belongs to the one capture that is given with it; of a folder of logs each belongs to the capture
 * whose path it has.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { systemErrorText } from '../capture/input/system-error.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { formatIssue, type IssueList } from '../core/issue.ts';
import type { LabelSet } from '../study/labels/capture-labels.ts';
import { type LabelContent, readLabelFile } from '../study/labels/label-file.ts';
import type { Tool, ToolFlows } from '../study/labels/tool-flows.ts';

export interface ToolLogs {
  readonly kind: 'tool';
  readonly tool: Tool;
  /** By the capture's path below the root. */
  readonly logs: ReadonlyMap<string, ToolFlows>;
  readonly root: string;
  /** Paths of the files that were read. */
  readonly files: readonly string[];
}

export interface NamedLabels {
  readonly kind: 'labels';
  readonly labels: LabelSet;
  readonly root: string;
  readonly files: readonly string[];
}

/** Remarks that are shown; the rest are counted. */
const SHOWN_WARNINGS = 10;
/** What follows the path of a capture in the path of its log. */
const LOG_ENDINGS = ['.csv', '.log', '/conn.log'].flatMap((ending) => [ending, `${ending}.gz`]);

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Reads one file of labels or one log; its mistakes are shown, and end the command. */
export async function requireLabelFile(path: string): Promise<LabelContent> {
  let file;
  try {
    file = await readLabelFile(path);
  } catch (error) {
    throw new CommandError(`cannot read the labels ${path}: ${systemErrorText(error)}`, ExitCode.WRONG_USAGE);
  }
  const { content, issues } = file;
  showIssues(issues);
  if (content !== undefined) return content;
  const problems = issues.errorCount === 1 ? 'one error' : `${issues.errorCount} errors`;
  throw new CommandError(`${path} is not valid: ${problems}`, ExitCode.WRONG_USAGE);
}

/** Ties the content of one file to captures. */
export function tieToCaptures(
  content: LabelContent,
  path: string,
  captures: readonly string[],
  root: string | undefined,
): NamedLabels | ToolLogs {
  if (content.kind === 'labels') return { ...content, root: root ?? dirname(path), files: [path] };
  const { flows } = content;
  const [capture] = captures;
  if (captures.length !== 1 || capture === undefined) {
    throw new CommandError(
      `${path} is a log of ${flows.tool}, which belongs to one capture, and ${captures.length} are given; ` +
        `for several, --labels names a folder with the log of each, at the capture's path and ` +
        LOG_ENDINGS.join(', '),
      ExitCode.WRONG_USAGE,
    );
  }
  const folder = root ?? dirname(capture);
  return {
    kind: 'tool',
    tool: flows.tool,
    logs: new Map([[relative(resolve(folder), resolve(capture)), flows]]),
    root: folder,
    files: [path],
  };
}

/** The logs in a folder, each for its capture. */
export async function requireLogFolder(
  folder: string,
  args: readonly string[],
  captures: readonly string[],
  root: string | undefined,
): Promise<ToolLogs> {
  const top = root ?? topFolder(args);
  const logs = new Map<string, ToolFlows>();
  const files: string[] = [];
  for (const capture of captures) {
    const name = relative(resolve(top), resolve(capture));
    const path = logOf(folder, name);
    if (path === null) continue;
    const content = await requireLabelFile(path);
    if (content.kind === 'labels')
      throw new CommandError(`${path} has labels; name it by --labels, not its folder`, ExitCode.WRONG_USAGE);
    files.push(path);
    logs.set(name, content.flows);
  }
  const tools = new Set([...logs.values()].map(({ tool }) => tool));
  const [tool] = tools;
  if (tool === undefined) {
    const example = relative(resolve(top), resolve(captures[0]!));
    throw new CommandError(
      `${folder} has no log of a capture; that of ${captures[0]!} would be ${join(folder, example)}` +
        ` and ${LOG_ENDINGS.join(', ')} after it (--root says below which folder captures are named)`,
      ExitCode.WRONG_USAGE,
    );
  }
  if (tools.size > 1)
    throw new CommandError(`${folder} has logs of ${[...tools].join(' and ')}; use one of them`, ExitCode.WRONG_USAGE);
  return { kind: 'tool', tool, logs, root: top, files };
}

/** The folder that captures are named below. */
function topFolder(args: readonly string[]): string {
  const [only] = args;
  if (args.length === 1 && only !== undefined) return isFolder(only) ? only : dirname(only);
  throw new CommandError(
    'with several captures and a folder of logs, --root says below which folder the captures are named',
    ExitCode.WRONG_USAGE,
  );
}

/** Path of a capture's log, with or without the ending of the capture's name; null where there is none. */
function logOf(folder: string, name: string): string | null {
  const stem = name.replace(/\.[^./]+$/, '');
  const paths = [...new Set([name, stem])].flatMap((base) => LOG_ENDINGS.map((ending) => join(folder, base + ending)));
  const found = paths.filter((path) => existsSync(path));
  if (found.length < 2) return found[0] ?? null;
  throw new CommandError(`${name} has two logs: ${found[0]!} and ${found[1]!}`, ExitCode.WRONG_USAGE);
}

function showIssues(issues: IssueList): void {
  const errors = issues.kept.filter(({ severity }) => severity === 'error');
  const warnings = issues.kept.filter(({ severity }) => severity === 'warning');
  for (const issue of [...errors, ...warnings.slice(0, SHOWN_WARNINGS)])
    process.stderr.write(`${formatIssue(issue)}\n`);
  const rest = issues.warningCount - SHOWN_WARNINGS;
  if (rest > 0) process.stderr.write(`${issues.file}: ${rest} more warnings\n`);
}
