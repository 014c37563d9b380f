/** The committed captures: every labelled flow is found as what it is, at its stage, and nothing else is found. */
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Evaluation, evaluate } from '../../src/study/evaluate.ts';
import type { CaptureLabels } from '../../src/study/labels/capture-labels.ts';
import { type LabelledReplay, readLabels, replayFolder } from './labelled-replay.ts';

const captures = resolve(import.meta.dirname, '../../captures');

describe('committed captures', () => {
  let labels: readonly CaptureLabels[];
  let run: LabelledReplay;
  let evaluation: Evaluation;

  beforeAll(async () => {
    labels = readLabels(join(captures, 'labels.json'));
    run = await replayFolder(captures);
    evaluation = evaluate(labels, run.found);
  });

  it('are all labelled, and all there', () => {
    // What once made a reader or a fingerprint fail is there to be read, not to be found.
    expect(evaluation.unlabelled.filter((file) => !file.startsWith('regression/'))).toEqual([]);
    expect(labels.map(({ file }) => file).filter((file) => !run.found.has(file))).toEqual([]);
    expect(evaluation.all.right).toBeGreaterThan(800);
  });

  it('name the session that they rewrite', () => {
    const sessionOf = new Map(labels.map(({ file, session }) => [file, session]));
    for (const { file, flows } of labels) {
      if (!/^(condition|encapsulation)\//.test(file)) continue;
      for (const { session } of flows) expect(sessionOf.get(`${session!}.pcap`), file).toBe(session);
    }
    expect(sessionOf.get('wireguard/midstream.pcap')).toBe('wireguard/handshake');
    expect(evaluation.falseFlows.sessions).toBeGreaterThan(250);
  });

  it('are read to their ends', () => {
    expect(run.incomplete.filter(({ file }) => !file.includes('/regression/'))).toEqual([]);
  });

  it('are counted packet for packet', () => {
    expect(run.miscounted).toEqual([]);
  });

  it('have every labelled flow found with its protocol, variant and stage, and no other', () => {
    expect(evaluation.mistakes).toEqual([]);
  });

  it('have nothing found in the negative ones', () => {
    const negative = [...run.found].filter(([file]) => file.startsWith('negative/'));
    expect(negative.length).toBeGreaterThan(60);
    for (const [file, { byFlow }] of negative) expect([...byFlow.keys()], file).toEqual([]);
  });
});
