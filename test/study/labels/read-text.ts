/** Reads labels from a text, through a file as users have them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIssue } from '../../../src/core/issue.ts';
import type { LabelSet } from '../../../src/study/labels/capture-labels.ts';
import { type LabelContent, readLabelFile } from '../../../src/study/labels/label-file.ts';
import type { ToolFlows } from '../../../src/study/labels/tool-flows.ts';

export interface ReadText {
  readonly content: LabelContent | undefined;
  /** Issues as they are shown, without the file's name: `line:column: severity: message`. */
  readonly issues: readonly string[];
}

export async function readText(text: string | Uint8Array): Promise<ReadText> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-labels-'));
  try {
    const path = join(folder, 'l');
    writeFileSync(path, text);
    const { content, issues } = await readLabelFile(path);
    return {
      content,
      issues: issues.kept.map((issue) =>
        formatIssue(issue)
          .slice(path.length + 1)
          .trim(),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function labelsOf(text: string): Promise<LabelSet> {
  const { content, issues } = await readText(text);
  if (content?.kind !== 'labels') throw new Error(issues.join('\n'));
  return content.labels;
}

export async function flowsOf(text: string | Uint8Array): Promise<ToolFlows> {
  const { content, issues } = await readText(text);
  if (content?.kind !== 'tool') throw new Error(issues.join('\n'));
  return content.flows;
}

/** Flows as `key: protocol code word`, in order. */
export function listOf(flows: ToolFlows): string[] {
  return [...flows.byFlow].map(([key, { protocol, word }]) => `${key}: ${protocol} ${word}`);
}
