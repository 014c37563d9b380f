/**
 * An independent count of the differences that `sluice compare` reports: two replays, whose decision and flow files
 * DuckDB joins.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'vitest';
import { join } from 'node:path';
import type { ChangeEvent } from '../../src/study/compare/change-event.ts';
import { sluice } from './sluice.ts';

/** What `compare --json` prints, as far as tests read it. */
export interface Comparison {
  readonly packets: number;
  readonly vpn_flows: number;
  readonly rules: { breaker: { would_trip: { rule: string }[] } }[];
  readonly changes: {
    readonly registered_users_newly_hit: Record<string, number>;
    readonly clients: Record<string, number>;
    readonly flows: Record<string, number>;
    readonly packets_changed: number;
    readonly bytes_changed: number;
    readonly by: Record<string, { value: string; from: string; to: string; flows: number; clients: number }[]>;
    readonly largest: ChangeEvent[];
    readonly newly_hit_by_rule: Record<string, number>;
  }[];
  readonly time_line: Record<string, { packets: number } & Record<string, { packets: number }>>[];
}

export async function compare(captures: readonly string[], ...args: string[]): Promise<Comparison> {
  const { code, stdout, stderr } = await sluice(['compare', ...captures, ...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Comparison;
}

/** Every flow of a replay with its strongest and its last action, by what identifies it. */
const FLOWS_OF = `
  SELECT d.pcap_filename AS file, d.flow_id AS flow, any_value(d.src_ip) AS client,
    max(CASE d.decision.action WHEN 'block' THEN 2 WHEN 'throttle' THEN 1 ELSE 0 END) AS strongest,
    arg_max(d.decision.action, d.pcap_cnt) AS last,
    arg_max(d.registration.source IS NOT NULL OR d.registration.destination IS NOT NULL,
      (CASE d.decision.action WHEN 'block' THEN 2 WHEN 'throttle' THEN 1 ELSE 0 END) * 1e9 + d.pcap_cnt) AS registered
  FROM read_json('DECISIONS', format = 'newline_delimited', maximum_depth = 3) d GROUP BY ALL`;

/** The differences between two sets of rules, counted from the files of two replays, which are left in `folder`. */
export async function joined(
  captures: readonly string[],
  folder: string,
  before: readonly string[],
  after: readonly string[],
): Promise<Record<string, number>> {
  const sides: string[] = [];
  for (const [at, rules] of [before, after].entries()) {
    const paths = [join(folder, `decisions-${at}.jsonl`), join(folder, `flows-${at}.jsonl`)] as const;
    const outputs = ['--decisions', paths[0], '--flows', paths[1], '--vpn-only', '--force', '--quiet'];
    const { code } = await sluice(['replay', ...captures, '--mode', 'enforce', ...rules, ...outputs]);
    expect(code).toBe(0);
    sides.push(FLOWS_OF.replace('DECISIONS', paths[0]));
  }
  const connection = await (await DuckDBInstance.create()).connect();
  const reader = await connection.runAndReadAll(`
    WITH a AS (${sides[0]!}), b AS (${sides[1]!}),
      f AS (SELECT pcap_filename AS file, flow_id AS flow,
        flow.pkts_toserver + flow.pkts_toclient AS packets, flow.bytes_toserver + flow.bytes_toclient AS bytes
        FROM read_json('${join(folder, 'flows-0.jsonl')}', format = 'newline_delimited', maximum_depth = 3)),
      j AS (SELECT client, a.strongest AS sa, b.strongest AS sb, a.last AS la, b.last AS lb, a.registered AS ra,
        b.registered AS rb, packets, bytes, a.strongest <> b.strongest OR a.last <> b.last AS changed
        FROM a JOIN b USING (file, flow, client) JOIN f USING (file, flow)),
      c AS (SELECT client, max(sa) AS sa, max(sb) AS sb, bool_or(sb > 0 AND sa = 0 AND rb) AS hit,
        bool_or(sb > 0 AND sa = 0 AND NOT rb AND ra) AS lost, bool_or(changed) AS changed FROM j GROUP BY client)
    SELECT (SELECT count(*) FROM j) AS flows, (SELECT count(*) FROM j WHERE changed) AS changed,
      (SELECT coalesce(sum(packets), 0) FROM j WHERE changed) AS packets,
      (SELECT coalesce(sum(bytes), 0) FROM j WHERE changed) AS bytes,
      (SELECT count(*) FROM c) AS clients, (SELECT count(*) FROM c WHERE changed) AS changedClients,
      (SELECT count(*) FROM c WHERE sb > 0 AND sa = 0) AS newlyHit,
      (SELECT count(*) FROM c WHERE sa > 0 AND sb = 0) AS noLongerHit,
      (SELECT count(*) FROM c WHERE hit) AS stillRegistered, (SELECT count(*) FROM c WHERE lost) AS deregistered,
      (SELECT count(*) FROM c WHERE (hit OR lost) AND sa > 0) AS alreadyHit`);
  const [row] = reader.getRowObjectsJson();
  return Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)]));
}

/** The same figures out of a comparison. */
export function figures({ changes: [change] }: Comparison): Record<string, number> {
  const { flows, clients, registered_users_newly_hit: registered, packets_changed, bytes_changed } = change!;
  return {
    flows: flows.all!,
    changed: flows.changed!,
    packets: packets_changed,
    bytes: bytes_changed,
    clients: clients.all!,
    changedClients: clients.changed!,
    newlyHit: clients.newly_hit!,
    noLongerHit: clients.no_longer_hit!,
    stillRegistered: registered.still_registered!,
    deregistered: registered.deregistered!,
    alreadyHit: registered.already_hit!,
  };
}
