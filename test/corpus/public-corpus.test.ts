/** The labelled public captures beside the checkout, where they are: how right the findings are on captures of strangers. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Evaluation, evaluate } from '../../src/study/evaluate.ts';
import { flowKey } from '../../src/study/found-flows.ts';
import type { CaptureLabels } from '../../src/study/labels/capture-labels.ts';
import { installed } from '../kit/installed.ts';
import { type LabelledReplay, readLabels, replayFolder } from './labelled-replay.ts';

const corpus = resolve(import.meta.dirname, '../../../shared/corpus');
const captures = join(corpus, 'captures');
const present = existsSync(captures);
if (!present) console.warn('../shared/corpus is not there: the tests over labelled public captures are skipped');

/** What the scorer writes with --json. */
interface ScorerResult {
  readonly files: number;
  readonly flows: number;
  readonly labels: Readonly<Record<string, { readonly tp: number; readonly fp: number; readonly fn: number }>>;
  readonly categories: Readonly<Record<string, { readonly tp?: number; readonly fn?: number }>>;
}

function rowsOf(table: string): string[][] {
  const [, ...rows] = readFileSync(join(corpus, table), 'utf8').trimEnd().split('\n');
  return rows.map((row) => row.split('\t'));
}

/** Labels without files made up by a program, and with flows seen from their middle as optional. */
function withoutMidstreamAndSynthetic(labels: readonly CaptureLabels[]): CaptureLabels[] {
  return labels
    .filter(({ file }) => !file.startsWith('pcapflowlab/') && !file.includes('_synthetic'))
    .map((capture) => ({
      ...capture,
      flows: capture.flows.map((flow) =>
        flow.category === 'midstream' ? { ...flow, optional: true, accepted: [flow.protocol] } : flow,
      ),
    }));
}

describe.skipIf(!present)('labelled public captures', () => {
  let labels: readonly CaptureLabels[];
  let run: LabelledReplay;
  let evaluation: Evaluation;

  beforeAll(async () => {
    labels = readLabels(join(corpus, 'labels.json'));
    run = await replayFolder(captures);
    evaluation = evaluate(labels, run.found);
    console.info(`${run.found.size} captures, ${run.packets} packets in ${run.seconds.toFixed(1)} s`);
  });

  it('have no false finding, and nearly every VPN is found', () => {
    const { all, mistakes } = evaluation;
    expect(mistakes.filter(({ kind }) => kind === 'false')).toEqual([]);
    expect(all.right).toBeGreaterThan(100);
    expect(all.recall.value).toBeGreaterThanOrEqual(0.95);
  });

  it('have hardly a VPN missed whose handshake was recorded', () => {
    const { all } = evaluate(withoutMidstreamAndSynthetic(labels), run.found);
    expect(all.false).toBe(0);
    expect(all.recall.value).toBeGreaterThanOrEqual(0.97);
  });

  it('are counted packet for packet', () => {
    expect(run.miscounted).toEqual([]);
  });

  it('show nothing in the flows that naive rules take for a VPN', () => {
    const taken: string[] = [];
    for (const [file, , flow] of rowsOf('traps.tsv')) {
      const [, proto, source, sourcePort, to, toPort] = /^(\w+) (.+):(\d+)>(.+):(\d+)$/.exec(flow!)!;
      const key = flowKey(proto!, source!, Number(sourcePort), to!, Number(toPort));
      expect(run.found.has(file!), file).toBe(true);
      if (run.found.get(file!)!.byFlow.has(key)) taken.push(`${file!}: ${flow!}`);
    }
    expect(taken).toEqual([]);
  });

  it('end, where they are malformed, with what could be read and a named fault', () => {
    const faults = new Map(run.incomplete.map(({ file, fault, message }) => [file, { fault, message }]));
    for (const [file] of rowsOf('robustness.tsv')) {
      expect(run.found.has(file!), file).toBe(true);
      const end = faults.get(join(captures, file!));
      if (end === undefined) continue;
      expect(end.fault, file).not.toBe('');
      expect(end.message, file).toMatch(
        / at byte \d+|link type \d+ \(|packets? could (?:not )?be read: .* \([a-z0-9-]+ \d+\)/,
      );
    }
  });

  it.skipIf(!installed('python3'))(
    "come to the same counts by the corpus' own scorer, from the decisions of `replay`",
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-scorer-'));
      onTestFinished(() => {
        rmSync(folder, { recursive: true, force: true });
      });
      const script = join(import.meta.dirname, 'scorer-lines.mjs');
      const written = spawnSync(process.execPath, [script, captures], { encoding: 'utf8', maxBuffer: 1 << 26 });
      expect(written.status, written.stderr.slice(-500)).toBe(0);
      const [lines, result] = [join(folder, 'out.jsonl'), join(folder, 'scores.json')];
      writeFileSync(lines, written.stdout);
      const args = [lines, '--labels', join(corpus, 'labels.json'), '--root', captures, '--json', result, '--quiet'];
      const scored = spawnSync('python3', [join(corpus, 'score.py'), ...args], { encoding: 'utf8' });
      expect(scored.status, scored.stderr).toBe(0);
      const scores = JSON.parse(readFileSync(result, 'utf8')) as ScorerResult;

      const { protocols, all, conditions, captures: files, flows } = evaluation;
      expect([scores.files, scores.flows]).toEqual([files, flows]);
      for (const { name, right, false: wrong, missed } of [...protocols, all]) {
        expect(scores.labels[name], name).toMatchObject({ tp: right, fp: wrong, fn: missed });
      }
      for (const { name, right, missed } of conditions) {
        const named = Object.entries(scores.categories).filter(([category]) => category.endsWith(`/${name}`));
        const sum = (pick: 'tp' | 'fn'): number => named.reduce((total, [, counts]) => total + (counts[pick] ?? 0), 0);
        expect([sum('tp'), sum('fn')], name).toEqual([right, missed]);
      }
    },
  );
});
