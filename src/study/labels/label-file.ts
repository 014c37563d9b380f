/**
 * Reads a file of labels, or another tool's log, and recognises by its content which of them it is: names of such files
 * say nothing. Issues have the places of all mistakes.
 */
import { IssueList } from '../../core/issue.ts';
import type { LabelSet } from './capture-labels.ts';
import { CsvLabelsReader, isCsvLabelHeader } from './csv-labels.ts';
import { parseJsonLabels } from './json-labels.ts';
import { LineCutter, type LineReader, textOf } from './label-text.ts';
import { isNdpiHeader, NdpiCsvReader } from './ndpi-csv.ts';
import type { ToolFlows } from './tool-flows.ts';
import { isZeekObject, ZeekJsonReader, ZeekTsvReader } from './zeek-log.ts';

export type LabelContent =
  { readonly kind: 'labels'; readonly labels: LabelSet } | { readonly kind: 'tool'; readonly flows: ToolFlows };

export interface LabelFile {
  /** Undefined where there are errors. */
  readonly content: LabelContent | undefined;
  readonly issues: IssueList;
}

/** What is recognised, is recognised by this much text. */
const HEAD = 1 << 16;
/** Labels as JSON are read as a whole. */
const JSON_LIMIT = 1 << 28;

/** Reads a file; throws where it cannot be read. */
export async function readLabelFile(path: string): Promise<LabelFile> {
  const issues = new IssueList(path);
  const pieces = textOf(path);
  let head = '';
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    head += next.value;
    if (head.length >= HEAD) break;
  }
  if (isJsonLabels(head)) return readJson(path, head, pieces, issues);
  const reader = lineReaderFor(head, issues);
  if (reader === null) {
    issues.error(1, 1, head.trim() === '' ? 'the file is empty' : UNKNOWN);
    return { content: undefined, issues };
  }
  const cutter = new LineCutter(reader, issues);
  cutter.add(head);
  for await (const piece of pieces) cutter.add(piece);
  cutter.end();
  if (!issues.ok) return { content: undefined, issues };
  if (reader instanceof CsvLabelsReader) return { content: { kind: 'labels', labels: reader.labels() }, issues };
  return { content: { kind: 'tool', flows: reader.flows }, issues };
}

const UNKNOWN =
  'neither labels (JSON, or CSV with the columns file,src,src_port,dst,dst_port,proto,label) nor a ' +
  'log with its header (conn.log of Zeek, or the CSV of ndpiReader -C)';

async function readJson(
  path: string,
  head: string,
  pieces: AsyncGenerator<string, void>,
  issues: IssueList,
): Promise<LabelFile> {
  const parts = [head];
  let length = head.length;
  for await (const piece of pieces) {
    parts.push(piece);
    if ((length += piece.length) <= JSON_LIMIT) continue;
    issues.error(0, 0, `labels as JSON may have ${JSON_LIMIT} characters; CSV may be longer`);
    return { content: undefined, issues };
  }
  const result = parseJsonLabels(parts.join(''), path);
  const { labels } = result;
  return { content: labels === undefined ? undefined : { kind: 'labels', labels }, issues: result.issues };
}

type ToolReader = LineReader & { readonly flows: ToolFlows };

function lineReaderFor(head: string, issues: IssueList): CsvLabelsReader | ToolReader | null {
  const lines = head.split(/\r?\n/).filter((line) => line !== '');
  const [first = ''] = lines;
  if (first.startsWith('{')) return new ZeekJsonReader(issues);
  if (/^#(?:separator|set_separator|path|fields)\b/.test(first)) return new ZeekTsvReader(issues);
  if (isNdpiHeader(first)) return new NdpiCsvReader(issues);
  return isCsvLabelHeader(lines.find((line) => !line.startsWith('#')) ?? '') ? new CsvLabelsReader(issues) : null;
}

/** True for JSON that is not a log with an object in each line. */
function isJsonLabels(head: string): boolean {
  const start = head.trimStart();
  if (start.startsWith('[')) return true;
  return start.startsWith('{') && !isZeekObject(parsed(start.split('\n', 1)[0]!));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
