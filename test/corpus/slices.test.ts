/**
 * A tap may begin anywhere. Every capture with a handshake after its first packets is cut at many places: what is left is found
 * at the next handshake at the latest, and ends at the stage at which the whole capture does.
 */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { findingProtocol, findingStage, Stage, STAGE_NAMES } from '../../src/dataplane/host/finding.ts';
import { flowKey } from '../../src/study/found-flows.ts';
import { formatAddress } from '../../src/core/ip-address.ts';
import { Transport } from '../../src/dataplane/host/packet-codes.ts';
import type { CaptureLabels } from '../../src/study/labels/capture-labels.ts';
import { captures, paths, runSlice } from '../kit/capture-payloads.ts';
import { findHandshakes, type Handshake } from './handshakes.ts';
import { readLabels } from './labelled-replay.ts';

/** Handshakes after so many packets count, and each capture is cut at so many places. */
const FIRST_PACKETS = 30;
const CUTS = 40;

const corpus = resolve(import.meta.dirname, '../../../shared/corpus');
const isCorpusPresent = existsSync(corpus);
if (!isCorpusPresent) console.warn('../shared/corpus is not there: its captures are not cut');

interface Seen {
  readonly packet: number;
  stage: Stage;
}

/** By flow and protocol: the packet at which it was first found, and the highest stage in the end. */
async function find(path: string, from: number): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  await runSlice(path, from, (flow, packet) => {
    const [s, d] = [flow.source, flow.destination].map((words) =>
      formatAddress(words[0]!, words[1]!, words[2]!, words[3]!),
    );
    const proto = { [Transport.TCP]: 'tcp', [Transport.UDP]: 'udp' }[flow.transport] ?? 'esp';
    const key = `${flowKey(proto, s!, flow.sourcePort, d!, flow.destinationPort)}|${PROTOCOL_NAMES[findingProtocol(flow.finding)]}`;
    const stage = findingStage(flow.finding);
    const before = seen.get(key);
    if (before === undefined) seen.set(key, { packet, stage });
    else if (stage > before.stage) before.stage = stage;
  });
  return seen;
}

/** The flows of VPNs that a capture is labelled with. */
function labelledFlows(labels: readonly CaptureLabels[]): Map<string, Set<string>> {
  const keys = ({ flows }: CaptureLabels): string[] =>
    flows.map(({ proto, src, sport, dst, dport }) => flowKey(proto, src, sport, dst, dport));
  return new Map(labels.map((capture) => [capture.file, new Set(keys(capture))]));
}

/** What is wrong with the slices of a capture, in words; and how many were tried. */
async function cutEverywhere(
  path: string,
  flows: ReadonlySet<string>,
): Promise<{ mistakes: string[]; slices: number }> {
  const { packets, handshakes: all } = await findHandshakes(path);
  const handshakes = all.filter(({ flow }) => flows.has(flow));
  if (!handshakes.some(({ asked }) => asked > FIRST_PACKETS)) return { mistakes: [], slices: 0 };
  const whole = await find(path, 1);
  const mistakes: string[] = [];
  const last = Math.max(...handshakes.map(({ asked }) => asked));
  const cuts = new Set(Array.from({ length: CUTS }, (_, i) => Math.max(1, Math.round(((i + 1) * last) / CUTS))));
  for (const from of cuts) {
    const found = await find(path, from);
    const next = new Map<string, Handshake>();
    for (const handshake of handshakes) {
      const key = `${handshake.flow}|${handshake.protocol}`;
      if (handshake.asked >= from && !next.has(key)) next.set(key, handshake);
    }
    for (const [key, { answered }] of next) {
      const seen = found.get(key);
      const stage = whole.get(key)?.stage ?? Stage.NONE;
      if (seen === undefined || seen.packet > answered || seen.stage < stage)
        mistakes.push(
          `from packet ${from} of ${packets}: ${key}, answered at ${answered}, is ` +
            (seen === undefined ? 'not found' : `${STAGE_NAMES[seen.stage]}, first at ${seen.packet}`),
        );
    }
  }
  return { mistakes, slices: cuts.size };
}

async function cutAll(
  folder: string,
  files: readonly string[],
  labels: readonly CaptureLabels[],
): Promise<{ mistakes: string[]; files: number; slices: number }> {
  const flows = labelledFlows(labels);
  const total = { mistakes: [] as string[], files: 0, slices: 0 };
  for (const path of files) {
    const file = relative(folder, path).replaceAll('\\', '/');
    const labelled = flows.get(file);
    if (labelled === undefined || labelled.size === 0) continue;
    const { mistakes, slices } = await cutEverywhere(path, labelled);
    total.mistakes.push(...mistakes.map((mistake) => `${file} ${mistake}`));
    if (slices > 0) total.files++;
    total.slices += slices;
  }
  return total;
}

describe('captures that begin in the middle', () => {
  it("are found at their next handshake: the lab's", async () => {
    const { mistakes, files, slices } = await cutAll(captures, paths, readLabels(join(captures, 'labels.json')));
    console.info(`lab: ${files} captures cut ${slices} times`);
    expect(mistakes).toEqual([]);
    expect(files).toBeGreaterThan(5);
  }, 600_000);

  it.skipIf(!isCorpusPresent)(
    'are found at their next handshake: public ones',
    async () => {
      const folder = join(corpus, 'captures');
      const labels = readLabels(join(corpus, 'labels.json')).filter(({ flows }) => flows.length > 0);
      const wanted = new Set(labels.map(({ file }) => join(folder, file)));
      const files = (await listCaptures([folder])).paths.filter((path) => wanted.has(path));
      const { mistakes, files: cut, slices } = await cutAll(folder, files, labels);
      console.info(`public: ${cut} captures cut ${slices} times`);
      expect(mistakes).toEqual([]);
    },
    600_000,
  );
});
