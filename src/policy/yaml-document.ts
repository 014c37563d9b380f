/**
 * A YAML text as one plain document, and where its parts stand. Only what a policy needs is let in: one document of maps, lists and scalars. Anchors,
 * aliases and tags are refused, so that what is written at a place is what holds there, and no short text unfolds into a large one.
 */
import { type Document, isAlias, isMap, isNode, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import type { IssueList } from '../core/issue.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export class YamlDocument {
  private readonly document: Document;
  private readonly lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.document = document;
    this.lines = lines;
  }

  /** The document as plain values. */
  get value(): unknown {
    return this.document.toJS({ maxAliasCount: 0 }) as unknown;
  }

  get isMap(): boolean {
    return isMap(this.document.contents);
  }

  /** Place of the value at a path or, given a key, of that key below it; of the nearest parent where it is missing. */
  placeOf(path: readonly PropertyKey[], key?: string): Place {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? this.document.contents : this.document.getIn(path.slice(0, depth), true);
      if (!isNode(node)) continue;
      const start = key !== undefined && depth === path.length ? keyStart(node, key) : node.range?.[0];
      if (start !== undefined) return placeAt(this.lines, start);
    }
    return { line: 1, column: 1 };
  }
}

/** Reads a text; null where it is no such document, with its problems among the issues. Never throws. */
export function readYaml(text: string, issues: IssueList): YamlDocument | null {
  const lines = new LineCounter();
  const documents = parseDocuments(text, lines, issues);
  if (documents === null) return null;
  for (const document of documents) {
    noteProblems(document, lines, issues);
    refuseIndirection(document, lines, issues);
  }
  const [first, second] = documents;
  if (second !== undefined) {
    const { line, column } = placeAt(lines, second.range[0]);
    issues.error(line, column, 'a second document begins here; a policy is one document');
  }
  return first !== undefined && issues.ok ? new YamlDocument(first, lines) : null;
}

function parseDocuments(text: string, lines: LineCounter, issues: IssueList): Document.Parsed[] | null {
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
    if (Array.isArray(documents) && documents.length > 0) return documents;
    issues.error(1, 1, 'the file is empty; a policy has at least a name and rules');
  } catch (error) {
    issues.error(1, 1, `this is no YAML: ${firstSentence(String(error))}`);
  }
  return null;
}

/** Syntax errors, and what YAML only warns of (an unknown tag, for example). The reader of yaml recurses: its stack is the limit of depth. */
function noteProblems(document: Document.Parsed, lines: LineCounter, issues: IssueList): void {
  const problems = [...document.errors, ...document.warnings];
  const deep = problems.find((problem) => problem.message.includes('call stack'));
  for (const problem of deep === undefined ? problems : [deep]) {
    const { line, column } = placeAt(lines, problem.pos[0]);
    issues.error(line, column, deep === undefined ? firstSentence(problem.message) : 'nested far too deeply');
  }
}

function refuseIndirection(document: Document.Parsed, lines: LineCounter, issues: IssueList): void {
  if (!issues.ok) return;
  visit(document, {
    Node: (_key, node) => {
      const { line, column } = placeAt(lines, node.range?.[0] ?? 0);
      if (isAlias(node)) issues.error(line, column, `no aliases (*${node.source}) in a policy: write the value out`);
      else if (node.anchor !== undefined) issues.error(line, column, `no anchors (&${node.anchor}) in a policy`);
      if (node.tag !== undefined) issues.error(line, column, `no tags (${node.tag}) in a policy`);
    },
  });
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function keyStart(node: Node, key: string): number | undefined {
  if (!isMap(node)) return node.range?.[0];
  const pair = node.items.find((item) => isNode(item.key) && item.key.toJSON() === key);
  return isNode(pair?.key) ? pair.key.range?.[0] : node.range?.[0];
}

function firstSentence(message: string): string {
  return message.split('\n')[0]!;
}
