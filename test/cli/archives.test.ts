/**
 * An archive that is replayed in parts, by several processes at a time: together the parts are what one process over the
 * whole gives. The commands are those of deploy/reference/STUDIES.md, as they are printed there.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { installed } from '../kit/installed.ts';
import { ROOT, sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();

/** The indented commands of a section, up to the next heading. */
function commandsOf(section: string): string {
  const page = readFileSync(join(ROOT, 'deploy/reference/STUDIES.md'), 'utf8');
  const text = new RegExp(`^## ${section}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(page)![1]!;
  return text
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .join('\n');
}

/** The numbers of a summary, by their paths; those in lists by the names of their rows. */
function numbersOf(value: unknown, path = ''): Map<string, number> {
  if (typeof value === 'number') return new Map([[path, value]]);
  if (typeof value !== 'object' || value === null) return new Map();
  const parts = Array.isArray(value)
    ? (value as { protocol: string; stage: string }[]).map((row) => [`${row.protocol} ${row.stage}`, row] as const)
    : Object.entries(value);
  return new Map(parts.flatMap(([name, part]) => [...numbersOf(part, `${path}/${name}`)]));
}

async function query(sql: string): Promise<unknown> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe.skipIf(!installed('xargs'))('an archive in parts', () => {
  const traces = join(folder, 'traces');
  const out = join(folder, 'out');
  let whole: Record<string, unknown>;

  beforeAll(async () => {
    // Captures of every kind, in two halves.
    const captures = ['condition', 'negative', 'openvpn', 'wireguard'].flatMap((name) => {
      const from = join(ROOT, 'captures', name);
      return readdirSync(from).filter((_, i) => i % 3 === 0).map((file) => join(from, file)); // prettier-ignore
    });
    for (const [i, capture] of captures.entries()) {
      const half = join(traces, `2024-11-${i % 2 === 0 ? '09' : '10'}`);
      mkdirSync(half, { recursive: true });
      copyFileSync(capture, join(half, basename(capture)));
    }
    const program = join(folder, 'bin/sluice');
    mkdirSync(join(folder, 'bin'));
    writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'dist/bin/sluice.js')}" "$@"\n`);
    chmodSync(program, 0o755);
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH!}` };
    const run = spawnSync('sh', ['-e', '-c', commandsOf('Archives').replace(/^ *duckdb .*$/m, '')], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    expect([run.status, run.stderr]).toEqual([0, '']);
    const args = ['replay', '--each', 'traces', '--json', '--no-hash'];
    const ended = await sluice([...args, '--flows', 'whole.flows.parquet', '--decisions', 'whole.decisions.jsonl'], {
      cwd: folder,
    });
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    whole = JSON.parse(ended.stdout) as Record<string, unknown>;
  }, 60_000);

  it('has the lines of the whole, in its order', () => {
    const parts = readdirSync(out).filter((name) => name.endsWith('.decisions.jsonl')).sort(); // prettier-ignore
    expect(parts).toHaveLength(2);
    const joined = parts.map((name) => readFileSync(join(out, name), 'utf8')).join('');
    expect(joined.split('\n').length).toBeGreaterThan(100);
    expect(joined === readFileSync(join(folder, 'whole.decisions.jsonl'), 'utf8')).toBe(true);
  });

  it('has the numbers of the whole, when those of its summaries are added', () => {
    const summaries = readdirSync(out).filter((name) => /^[^.]+\.json$/.test(name)).map((name) => JSON.parse(readFileSync(join(out, name), 'utf8')) as Record<string, unknown>); // prettier-ignore
    expect(summaries).toHaveLength(2);
    const added = new Map<string, number>();
    const parts = ['captures', 'packets', 'flows', 'decisions', 'registered_hits', 'outcome'];
    for (const summary of summaries)
      for (const part of parts)
        for (const [path, number] of numbersOf(summary[part], part)) added.set(path, (added.get(path) ?? 0) + number);
    const expected = new Map(parts.flatMap((part) => [...numbersOf(whole[part], part)]));
    expect(added.get('packets/read')).toBeGreaterThan(1000);
    expect(added).toEqual(expected);
  });

  it('is one table for DuckDB, which reads the parts by a pattern', async () => {
    const [parts, all] = ['out/*.flows.parquet', 'whole.flows.parquet'].map((pattern) => `'${join(folder, pattern)}'`);
    const { total, found } = whole.flows as { total: number; found: { protocol: string; flows: number }[] };
    expect(await query(`SELECT count(*) FROM ${parts!}`)).toEqual([[String(total)]]);
    for (const [one, other] of [
      [parts, all],
      [all, parts],
    ]) {
      expect(await query(`SELECT count(*) FROM (FROM ${one!} EXCEPT ALL FROM ${other!})`)).toEqual([['0']]);
    }
    // The query of the page, beside the summary of the whole.
    const [, sql] = /^ *duckdb -c "(.*)"$/m.exec(commandsOf('Archives'))!;
    const rows = (await query(sql!.replace("'out/*.flows.parquet'", parts!))) as [string | null, string, string][];
    const flowsOf = (protocol: string): number =>
      found.filter((row) => row.protocol === protocol).reduce((sum, row) => sum + row.flows, 0);
    expect(rows.map(([protocol]) => protocol)).toEqual(['ipsec', 'openvpn', 'wireguard', null]);
    for (const [protocol, flows] of rows.slice(0, -1)) expect(Number(flows), protocol!).toBe(flowsOf(protocol!));
  });
});
