/**
 * A YAML document with the positions of its values. Only the YAML that a policy needs is accepted: one document of
 * maps, lists and scalars. Anchors, aliases and tags are refused, so every value is written where it is used, and a
 * short text cannot expand into a large one.
 */
import { type Document, isAlias, isMap, isNode, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import type { IssueList } from '../core/issue.ts';

export interface Position {
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

  /**
   * Position of the value at a path or, given a key, of that key below it; of the nearest parent where it is missing.
   */
  positionOf(path: readonly PropertyKey[], key?: string): Position {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? this.document.contents : this.document.getIn(path.slice(0, depth), true);
      if (!isNode(node)) continue;
      const start = key !== undefined && depth === path.length ? keyStart(node, key) : node.range?.[0];
      if (start !== undefined) return positionAt(this.lines, start);
    }
    return { line: 1, column: 1 };
  }
}

/** Parses a text; null where it has problems, which are added to the issues. Never throws. */
export function readYaml(text: string, issues: IssueList): YamlDocument | null {
  const lines = new LineCounter();
  const documents = parseDocuments(text, lines, issues);
  if (documents === null) return null;
  for (const document of documents) {
    reportProblems(document, lines, issues);
    refuseIndirection(document, lines, issues);
  }
  const [first, second] = documents;
  if (second !== undefined) {
    const { line, column } = positionAt(lines, second.range[0]);
    issues.error(line, column, 'a second YAML document begins here; a policy is one document');
  }
  return first !== undefined && issues.ok ? new YamlDocument(first, lines) : null;
}

function parseDocuments(text: string, lines: LineCounter, issues: IssueList): Document.Parsed[] | null {
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
    if (Array.isArray(documents) && documents.length > 0) return documents;
    issues.error(1, 1, 'the file is empty; a policy has at least a name and rules');
  } catch (error) {
    issues.error(1, 1, `this is not YAML: ${firstSentence(String(error))}`);
  }
  return null;
}

/**
 * Reports errors and warnings (of an unknown tag, for example) of the YAML parser. It recurses, so a deep document
 * overflows its stack.
 */
function reportProblems(document: Document.Parsed, lines: LineCounter, issues: IssueList): void {
  const problems = [...document.errors, ...document.warnings];
  const deep = problems.find((problem) => problem.message.includes('call stack'));
  for (const problem of deep === undefined ? problems : [deep]) {
    const { line, column } = positionAt(lines, problem.pos[0]);
    issues.error(line, column, deep === undefined ? firstSentence(problem.message) : 'nested too deeply');
  }
}

function refuseIndirection(document: Document.Parsed, lines: LineCounter, issues: IssueList): void {
  if (!issues.ok) return;
  visit(document, {
    Node: (_key, node) => {
      const { line, column } = positionAt(lines, node.range?.[0] ?? 0);
      if (isAlias(node))
        issues.error(line, column, `a policy must not use aliases (*${node.source}): write the value out`);
      else if (node.anchor !== undefined) issues.error(line, column, `a policy must not use anchors (&${node.anchor})`);
      if (node.tag !== undefined) issues.error(line, column, `a policy must not use tags (${node.tag})`);
    },
  });
}

function positionAt(lines: LineCounter, offset: number): Position {
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
