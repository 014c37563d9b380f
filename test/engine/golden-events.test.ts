/**
 * Decision events of every committed capture, under the committed policy and registry, against the files in captures/golden:
 * `wireguard/handshake.pcap` has `golden/wireguard/handshake.pcap.jsonl`, empty where nothing is decided.
 *
 * With GOLDEN=write in the environment they are written again instead. Read the difference before committing it: each line
 * that changes is a decision that changes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { replayFiles } from './replayed.ts';

const FOLDER = join(ROOT, 'captures', 'golden');
const IS_WRITING = process.env.GOLDEN === 'write';
const LARGEST_TOTAL = 3_000_000;
const ADVICE = 'If the new decisions are right: GOLDEN=write npx vitest run test/engine/golden-events.test.ts';

const captures = await committedCaptures();

/** `captures/a/b.pcap` has `a/b.pcap.jsonl`. */
function goldenName(capture: string): string {
  return `${capture.slice('captures/'.length)}.jsonl`;
}

function goldenFiles(): string[] {
  if (!existsSync(FOLDER)) return [];
  const entries = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  return entries.filter((name) => name.endsWith('.jsonl')).map((name) => name.replaceAll('\\', '/'));
}

describe('golden events', () => {
  it.each(captures)('%s', async (capture) => {
    const { lines } = await replayFiles([join(ROOT, capture)], {}, () => capture);
    const path = join(FOLDER, goldenName(capture));
    if (IS_WRITING) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, lines.join(''));
      return;
    }
    expect(existsSync(path), `${capture} has no golden file. ${ADVICE}`).toBe(true);
    const golden = readFileSync(path, 'utf8').split(/(?<=\n)/);
    expect(lines, ADVICE).toEqual(golden[0] === '' ? [] : golden);
  });

  it('belong to captures that are there, and stay small', () => {
    const expected = new Set(captures.map(goldenName));
    const stale = goldenFiles().filter((name) => !expected.has(name));
    if (IS_WRITING) for (const name of stale) rmSync(join(FOLDER, name));
    else expect(stale, `golden files without a capture. ${ADVICE}`).toEqual([]);
    const total = goldenFiles().reduce((sum, name) => sum + statSync(join(FOLDER, name)).size, 0);
    expect(total).toBeLessThan(LARGEST_TOTAL);
  });
});
