/**
 * Reads a policy file: YAML by its library, its shape by the schema, then the rules compiled. Every problem is an issue with
 * its line and column; a policy comes back only where there is none.
 */
import { hash } from 'node:crypto';
import { isMap, isNode, LineCounter, type Node, parseAllDocuments, type Document } from 'yaml';
import type { z } from 'zod';
import { IssueList } from '../core/issue.ts';
import { compilePolicy } from './compile-policy.ts';
import type { Policy } from './policy.ts';
import { knownKeys, policySchema, type PolicyShape } from './policy-schema.ts';

export interface PolicyResult {
  readonly policy: Policy | undefined;
  readonly issues: IssueList;
}

/** A policy is read by people: a larger file is a mistake. */
const LARGEST_FILE = 1 << 20;
const ALIAS_LIMIT = 100;

/** Reads the octets of a policy file; `file` is the name that issues show. Never throws. */
export function parsePolicy(bytes: Uint8Array, file: string): PolicyResult {
  const issues = new IssueList(file);
  const text = decodeText(bytes, issues);
  if (text === undefined) return { policy: undefined, issues };
  const lines = new LineCounter();
  const document = parseYaml(text, lines, issues);
  if (document === undefined) return { policy: undefined, issues };
  const shape = checkShape(document, lines, issues);
  if (shape !== undefined) checkRules(shape, document, lines, issues);
  if (shape === undefined || !issues.ok) return { policy: undefined, issues };
  return { policy: compilePolicy(shape, hash('sha256', bytes, 'hex')), issues };
}

function decodeText(bytes: Uint8Array, issues: IssueList): string | undefined {
  if (bytes.length > LARGEST_FILE) {
    issues.error(0, 0, `the file has ${bytes.length} octets; a policy may have ${LARGEST_FILE}`);
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    issues.error(0, 0, 'the file is not UTF-8 text');
    return undefined;
  }
}

function parseYaml(text: string, lines: LineCounter, issues: IssueList): Document | undefined {
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (!Array.isArray(documents) || documents.length === 0) {
    issues.error(1, 1, 'the file is empty; a policy has at least a name and rules');
    return undefined;
  }
  for (const document of documents) {
    for (const problem of [...document.errors, ...document.warnings]) {
      const { line, col } = lines.linePos(problem.pos[0]);
      issues.error(line, col, firstSentence(problem.message));
    }
  }
  if (documents.length > 1) {
    const { line, col } = lines.linePos(documents[1]!.range[0]);
    issues.error(line, col, 'a second document begins here; a policy is one document');
  }
  return issues.ok ? documents[0] : undefined;
}

function firstSentence(message: string): string {
  return message.split('\n')[0]!;
}

function checkShape(document: Document, lines: LineCounter, issues: IssueList): PolicyShape | undefined {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIAS_LIMIT });
  } catch (error) {
    issues.error(1, 1, firstSentence(error instanceof Error ? error.message : String(error)));
    return undefined;
  }
  if (!isMap(document.contents)) {
    issues.error(1, 1, 'a policy is a mapping with the keys name, mode, rules and safety');
    return undefined;
  }
  const result = policySchema.safeParse(value);
  if (result.success) return result.data;
  for (const problem of result.error.issues) noteProblem(problem, document, lines, issues);
  return undefined;
}

function noteProblem(problem: z.core.$ZodIssue, document: Document, lines: LineCounter, issues: IssueList): void {
  if (problem.code === 'unrecognized_keys') {
    for (const key of problem.keys) {
      const { line, col } = placeOf(document, lines, problem.path, key);
      issues.error(line, col, `unknown key ${JSON.stringify(key)}; known here: ${knownKeys(problem.path).join(', ')}`);
    }
    return;
  }
  const { line, col } = placeOf(document, lines, problem.path);
  const last = problem.path.findLast((part) => typeof part === 'string');
  issues.error(line, col, last === undefined ? problem.message : `${last}: ${problem.message}`);
}

/** Line and column of the value at a path (or, given a key, of that key below it); of the nearest parent where it is missing. */
function placeOf(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
  key?: string,
): { line: number; col: number } {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : (document.getIn(path.slice(0, depth), true));
    if (!isNode(node)) continue;
    const start = key !== undefined && depth === path.length ? keyStart(node, key) : node.range?.[0];
    if (start !== undefined) return lines.linePos(start);
  }
  return { line: 1, col: 1 };
}

function keyStart(node: Node, key: string): number | undefined {
  if (!isMap(node)) return node.range?.[0];
  const pair = node.items.find((item) => isNode(item.key) && item.key.toJSON() === key);
  return isNode(pair?.key) ? pair.key.range?.[0] : node.range?.[0];
}

/** What the schema cannot see: rules beside each other. */
function checkRules(shape: PolicyShape, document: Document, lines: LineCounter, issues: IssueList): void {
  const seen = new Map<string, number>();
  let catchAll: string | undefined;
  let asksRegistered = false;
  for (const [index, rule] of shape.rules.entries()) {
    const at = (...path: PropertyKey[]): { line: number; col: number } =>
      placeOf(document, lines, ['rules', index, ...path]);
    const first = seen.get(rule.name);
    if (first !== undefined) {
      const { line, col } = at('name');
      issues.error(line, col, `name: ${rule.name} is the name of rule ${first + 1} already`);
    }
    seen.set(rule.name, first ?? index);
    if (catchAll !== undefined) {
      const { line, col } = at('name');
      issues.warning(line, col, `rule ${rule.name} is never reached: ${catchAll} before it matches everything`);
    }
    const { from, until } = rule.when ?? {};
    if (from !== undefined && until !== undefined && Date.parse(from) > Date.parse(until)) {
      const { line, col } = at('when', 'until');
      issues.error(line, col, 'until: lies before from, so the rule never matches');
    }
    asksRegistered ||= rule.when?.registered !== undefined;
    if (rule.action !== 'allow' && !asksRegistered) {
      const { line, col } = at('action');
      issues.warning(
        line,
        col,
        `rule ${rule.name} can ${rule.action} registered users: no rule up to here asks for registered`,
      );
    }
    const conditions = Object.keys(rule.when ?? {}).length;
    if (conditions === 0 && (rule.rollout === undefined || rule.rollout === '100%')) catchAll ??= rule.name;
  }
}
