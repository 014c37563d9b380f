/**
 * Reads a policy file: parses its YAML, checks its shape by the schema, checks the rules against each other, and
 * compiles them. Every problem becomes an issue with line and column. The result has a policy only where there is no
 * error.
 */
import { hash } from 'node:crypto';
import type * as z from 'zod/mini';
import { IssueList } from '../core/issue.ts';
import type { Micros } from '../core/units.ts';
import { compilePolicy } from './compile-policy.ts';
import { MAX_POLICY_BYTES, type Policy } from './policy.ts';
import { checkNames, checkReviews, checkRules } from './policy-review.ts';
import { validKeys, policySchemaFor, type PolicyShape } from './policy-schema.ts';
import { type RegisteredReach, registeredReaches } from './registered-reach.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

export interface PolicyResult {
  readonly policy: Policy | undefined;
  readonly issues: IssueList;
  /** SHA-256 of the file's bytes, hex. */
  readonly sha256: string;
}

/**
 * Reads the bytes of a policy file; `file` is the name that issues show. Dates of review are compared with `warnAt`;
 * without it there are no warnings about them. Never throws.
 */
export function parsePolicy(bytes: Uint8Array, file: string, warnAt?: Micros): PolicyResult {
  const issues = new IssueList(file);
  const sha256 = hash('sha256', bytes, 'hex');
  const checked = readShape(bytes, issues, warnAt);
  issues.kept.sort((a, b) => a.line - b.line || a.column - b.column);
  if (checked === null || !issues.ok) return { policy: undefined, issues, sha256 };
  return { policy: compilePolicy(checked.shape, checked.reaches, sha256), issues, sha256 };
}

interface Checked {
  readonly shape: PolicyShape;
  readonly reaches: readonly RegisteredReach[];
}

function readShape(bytes: Uint8Array, issues: IssueList, warnAt: Micros | undefined): Checked | null {
  const text = decodeText(bytes, issues);
  const document = text === undefined ? null : readYaml(text, issues);
  if (document === null) return null;
  if (!document.isMap) {
    issues.error(1, 1, 'a policy is a mapping with the keys name, mode, rules and safety');
    return null;
  }
  const { value } = document;
  checkNames(value, document, issues);
  const shape = checkShape(value, document, issues);
  if (shape === undefined) return null;
  const reaches = registeredReaches(shape.rules);
  checkRules(shape, reaches, document, issues);
  if (warnAt !== undefined) checkReviews(shape, warnAt, document, issues);
  return { shape, reaches };
}

function decodeText(bytes: Uint8Array, issues: IssueList): string | undefined {
  if (bytes.length > MAX_POLICY_BYTES) {
    issues.error(0, 0, `the file has ${bytes.length} bytes; a policy may have at most ${MAX_POLICY_BYTES}`);
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    issues.error(0, 0, 'the file is not UTF-8 text');
    return undefined;
  }
}

function checkShape(value: unknown, document: YamlDocument, issues: IssueList): PolicyShape | undefined {
  const result = policySchemaFor(value).safeParse(value);
  if (result.success) return result.data;
  for (const problem of result.error.issues) reportProblem(problem, value, document, issues);
  return undefined;
}

function reportProblem(problem: z.core.$ZodIssue, value: unknown, document: YamlDocument, issues: IssueList): void {
  if (problem.code === 'unrecognized_keys') {
    for (const key of problem.keys) {
      const { line, column } = document.positionOf(problem.path, key);
      issues.error(
        line,
        column,
        `unknown key ${JSON.stringify(key)}; valid keys here: ${validKeys(problem.path, value).join(', ')}`,
      );
    }
    return;
  }
  const { line, column } = document.positionOf(problem.path);
  const last = problem.path.findLast((part) => typeof part === 'string');
  issues.error(line, column, last === undefined ? problem.message : `${last}: ${problem.message}`);
}
