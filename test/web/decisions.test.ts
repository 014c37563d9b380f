/** Recent decisions over HTTP, from daemons that run as a user would start them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DecisionList, decisionList } from '../../src/history/recent/decision-document.ts';
import { type DecisionExplanation, decisionExplanation } from '../../src/web/api/decision-schema.ts';
import { reasonOf } from '../../src/web/api/refusals.ts';
import { explanation } from '../../src/web/console/text/english/explanation.ts';
import { sluice } from '../cli/sluice.ts';
import { RunningConsole } from '../kit/running-console.ts';
import { eventsIn, PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const FIELD = 'captures/field';
/** A few of each protocol, with roaming, NAT and one side alone, and what was met in the field. */
const CAPTURES = [
  'captures/wireguard/roaming-address.pcap',
  'captures/wireguard/unanswered.pcap',
  'captures/openvpn/udp-tls-crypt.pcap',
  'captures/ipsec/ikev2-nat.pcap',
  'captures/ipsec/esp.pcap',
  ...readdirSync(join(PROJECT, FIELD))
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => `${FIELD}/${name}`),
].map((path) => join(PROJECT, path));

/** Bytes before the first record of a pcap file. */
const PCAP_HEADER = 24;

async function answer(origin: string, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${origin}/api/v1${path}`);
  return { status: response.status, text: await response.text() };
}

async function list(origin: string, query = ''): Promise<DecisionList> {
  const { status, text } = await answer(origin, `/decisions${query}`);
  expect(status, text).toBe(200);
  return decisionList.parse(JSON.parse(text));
}

async function explain(origin: string, id: number | string): Promise<DecisionExplanation> {
  const { status, text } = await answer(origin, `/decisions/${id}`);
  expect(status, text).toBe(200);
  return decisionExplanation.parse(JSON.parse(text));
}

describe('the decisions of captures', () => {
  let running: RunningConsole;
  let events: Record<string, unknown>[];
  let origin: string;

  beforeAll(async () => {
    running = await new RunningConsole(CAPTURES).read();
    ({ origin } = running);
    const args = ['replay', ...CAPTURES, '--each', '--decisions', '-', '--quiet', '--addresses', 'truncated'];
    const { stdout } = await sluice(args);
    events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  });
  afterAll(async () => {
    await running.stop();
  });

  it('are those of replay, the newest first, each with a number of its own', async () => {
    const { rows, matched, next, stock } = await list(origin, '?limit=1000');
    // Captures come in the order of their times, and each is a capture of its own in both runs.
    const shown = rows.map((row) => JSON.stringify([row.community_id, row.time, row.action, row.rule]));
    expect(shown.sort()).toEqual(events.map((event) => JSON.stringify(shortOf(event))).sort());
    expect(rows.map((row) => row.number)).toEqual(events.map((_, index) => events.length - index));
    expect([matched, next]).toEqual([events.length, null]);
    expect(stock).toMatchObject({ made: events.length, kept: events.length, left_out: 0, addresses: 'truncated' });
    expect(events.length).toBeGreaterThan(10);
  });

  it('come as files with the same selection', async () => {
    const { matched } = await list(origin, '?protocol=ipsec');
    const lines = (await answer(origin, '/decisions?protocol=ipsec&format=jsonl')).text.trimEnd().split('\n');
    const wanted = events.filter(({ vpn }) => (vpn as { protocol: string }).protocol === 'ipsec').reverse();
    const shown = lines.map((line) => JSON.stringify(shortOf(JSON.parse(line) as Record<string, unknown>)));
    expect(shown.sort()).toEqual(wanted.map((event) => JSON.stringify(shortOf(event))).sort());
    const response = await fetch(`${origin}/api/v1/decisions?protocol=ipsec&format=csv`);
    expect(response.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="decisions.csv"');
    expect((await response.text()).trimEnd().split('\r\n')).toHaveLength(matched + 1);
  });

  it('are explained as sluice explain explains them', async () => {
    const { rows } = await list(origin, '?limit=1000');
    const seen = new Set<string>();
    for (const row of rows) {
      if (seen.has(row.flow_id)) continue;
      seen.add(row.flow_id);
      const { kept, now } = await explain(origin, `${row.number}-${row.flow_id}`);
      const { file, packet } = now.places[row.packet]!;
      const { code, stdout } = await sluice(['explain', file, '--packet', String(packet), '--addresses', 'truncated']);
      expect(code, stdout).toBe(0);
      const numbers = [...kept.flow.map((one) => one.number), row.number].sort((a, b) => a - b);
      let rest = stdout;
      for (const [index, number] of numbers.entries()) {
        const lines = linesOf(await explain(origin, number));
        for (const line of [`Decision ${index + 1} of ${numbers.length}, at `, ...lines]) {
          expect(rest, stdout).toContain(line);
          rest = rest.slice(rest.indexOf(line) + line.length);
        }
      }
    }
    expect(seen.size).toBeGreaterThan(5);
  });

  it.each([
    ['protocol=http', /^protocol: is one of wireguard, openvpn, ipsec/],
    ['stage=', /^stage: is one of suspected, confirmed/],
    ['action=block,cut', /^action: is one of allow, throttle, block/],
    ['registered=yes', /^registered: is one of none, source, destination, both/],
    ['prefix=192.0.2.256', /^prefix: is an address or a prefix/],
    ['prefix=192.0.2.7', /^prefix: addresses are shown truncated, so a prefix of at most \/24/],
    ['prefix=2001:db8::/64', /^prefix: addresses are shown truncated, so a prefix of at most \/48/],
    ['port=0', /^port: is a port/],
    ['port=x', /^port: is a port/],
    ['flow_id=1', /^flow_id: is 16 digits/],
    ['community_id=1:x', /^community_id: is "1:"/],
    ['from=yesterday', /^from: is a time in seconds/],
    ['limit=1e9', /^limit: is a number of decisions, at most 1000/],
    ['before=first', /^before: is the number of a decision/],
    ['format=xml', /^format: is one of json, csv, jsonl/],
    ['colour=red', /^the query: there is no colour$/],
    ['action=block&action=allow', /^action: /],
  ])('refuse the query %s with a reason', async (query, reason) => {
    const { status, text } = await answer(origin, `/decisions?${query}`);
    expect(status).toBe(400);
    expect((JSON.parse(text) as { problem: string }).problem).toMatch(reason);
  });

  it('answer 404 for a decision that is not kept, and 400 for what names none', async () => {
    const { rows } = await list(origin, '?limit=1');
    const { number, flow_id: flowId, packet } = rows[0]!;
    expect((await explain(origin, `${flowId}-${packet}`)).kept.decision.number).toBe(number);
    for (const id of ['999999', `${number}-${'f'.repeat(16)}`, `${flowId}-999999`]) {
      const { status, text } = await answer(origin, `/decisions/${id}`);
      expect([status, JSON.parse(text)]).toEqual([404, reasonOf('decision-not-kept')]);
    }
    for (const id of ['0x1', 'latest', flowId, '-1', '1-2', '%2e%2e'])
      expect([400, 404]).toContain((await answer(origin, `/decisions/${id}`)).status);
    expect((await answer(origin, '/decisions/latest')).status).toBe(400);
  });
});

/** What an event of one run has in common with that of another, which numbers packets otherwise. */
function shortOf({ community_id: community, timestamp, decision }: Record<string, unknown>): unknown[] {
  const { action, rule } = decision as { action: string; rule: string | null };
  return [community, timestamp, action, rule];
}

/** A condition as `sluice explain` shows it; these policies have none with a time. */
function asInPolicy({
  key,
  values,
}: NonNullable<DecisionExplanation['kept']['tried']>[number]['failed'][number]): string {
  return `${key}: ${values.join(' or ')}`;
}

function outsideOf(rollout: string): string {
  return `rollout: the client is not within the first ${rollout.replace('%', ' %')}`;
}

/** What the page of explain says of a decision, line by line. */
function linesOf({ kept, now }: DecisionExplanation): string[] {
  const { decision, evidence, tried } = kept;
  const previous = decision.previous === null ? '' : `, before that ${decision.previous}`;
  return [
    `Finding: ${decision.protocol}, ${decision.variant}, ${decision.stage}.`,
    ...evidence.map(({ packet, offset, check, ...values }, index) => {
      const place = now.places[packet]!;
      // This check compares the number of a packet, which is another one where captures are numbered through.
      const shown = (value: string): string =>
        check === 'tunnel-confirmed' ? String(now.places[value]!.packet) : value;
      const [expected, seen] = [shown(values.expected), shown(values.seen)];
      return `${index + 1}. packet ${place.packet}, offset ${offset}: ${explanation.check(check)}; expected ${expected}, seen ${seen}\n`;
    }),
    ...tried!.map(
      ({ name, matched, failed, rollout }) =>
        `    ${name}: ${matched ? 'matches' : `does not hold: ${rollout === null ? failed.map(asInPolicy).join('; ') : outsideOf(rollout)}`}\n`,
    ),
    `So: ${decision.action} (${decision.reason})${previous}; mode ${decision.mode}.`,
  ];
}

describe('the decisions of a daemon on a pipe', () => {
  const folder = temporaryFolder();
  const policy = join(folder.path, 'policy.yaml');
  const shadow = join(folder.path, 'shadow.yaml');
  const log = join(folder.path, 'decisions.jsonl');
  const capture = readFileSync(join(PROJECT, 'captures/wireguard/two-peers.pcap'));
  let daemon: RunningDaemon;

  const policyText = (name: string, rule: string, action: string): string =>
    `name: ${name}\nmode: observe\nrules:\n  - name: one\n    when: { registered: either }\n    action: allow\n` +
    `  - name: near\n    when: { source: [10.0.0.0/8, 203.0.113.64/26] }\n    action: allow\n` +
    `  - name: ${rule}\n    when: { stage: confirmed }\n    action: ${action}\n`;

  beforeAll(async () => {
    writeFileSync(policy, policyText('first', 'cut', 'block'));
    writeFileSync(shadow, policyText('draft', 'spare', 'allow'));
    daemon = await new RunningDaemon(['-', '--policy', policy, '--decisions', log]).started();
    daemon.child.stdin!.write(capture);
    await until('all is decided', async () => (await list(daemon.url)).matched >= 2);
  });
  afterAll(async () => {
    await daemon.kill();
    folder.remove();
  });

  it('have truncated addresses and no prefix without accounts, although the log has them in clear', async () => {
    const read = () => eventsIn(readFileSync(log, 'utf8')).filter((event) => event.event_type === 'decision');
    await until('the log is written', () => read().length >= 2);
    const logged = read();
    const addresses = new Set(logged.flatMap((event) => [event.src_ip as string, event.dest_ip as string]));
    expect([...addresses].some((address) => !address.endsWith('.0'))).toBe(true);
    const { rows, stock } = await list(daemon.url);
    expect(stock.addresses).toBe('truncated');
    const texts = [
      (await answer(daemon.url, '/decisions')).text,
      (await answer(daemon.url, '/decisions?format=csv')).text,
      (await answer(daemon.url, '/decisions?format=jsonl')).text,
      (await answer(daemon.url, `/decisions/${rows[0]!.number}`)).text,
    ];
    for (const text of texts) {
      for (const address of addresses) if (!address.endsWith('.0')) expect(text).not.toContain(`${address}"`);
      expect(text).not.toContain('203.0.113.64/26');
      expect(text).not.toContain('"holder"');
    }
    expect(texts[3]).toContain('"key":"source","values":[],"hidden":2');
    expect(await explain(daemon.url, rows[0]!.number)).toMatchObject({
      kept: { filter: null },
      now: { covering: null },
    });
  });

  it('show the flow as it is now, and what a shadow has decided for it', async () => {
    const { rows } = await list(daemon.url, '?action=block');
    const before = await explain(daemon.url, rows[0]!.number);
    expect(before.now).toMatchObject({
      same_policy: true,
      flow: { decided: { action: 'block', rule: 'cut' }, shadow: null },
    });
    expect(before.now.flow!.packets_forth).toBeGreaterThan(0);
    const { control } = daemon.logged('running')[0] as { control: string };
    const { code, stderr } = await sluice(['ctl', 'shadow', shadow, '--control', control]);
    expect(code, stderr).toBe(0);
    const after = await explain(daemon.url, rows[0]!.number);
    expect(after.now.shadow).toBe('draft');
    expect(after.now.flow!.shadow).toEqual({ action: 'allow', rule: 'spare' });
  });

  it('keep the rules that were tried when the policy is replaced', async () => {
    const { rows } = await list(daemon.url, '?action=block');
    writeFileSync(policy, policyText('second', 'let', 'allow'));
    const answered = await daemon.ask('reload');
    expect(answered.ok, JSON.stringify(answered)).toBe(true);
    await until('the flows are decided again', async () => (await list(daemon.url, '?rule=let')).matched >= 1);
    const old = await explain(daemon.url, rows[0]!.number);
    expect(old.now).toMatchObject({ same_policy: false, same_registry: true, flow: { decided: { rule: 'let' } } });
    expect(old.kept.rules).toMatchObject({ policy: 'first', rule: { action: 'block' } });
    expect(old.kept.tried!.at(-1)).toEqual({ name: 'cut', matched: true, failed: [], rollout: null });
    const [again] = (await list(daemon.url, `?flow_id=${rows[0]!.flow_id}&rule=let`)).rows;
    const young = await explain(daemon.url, again!.number);
    expect(young.kept.rules.policy).toBe('second');
    expect(young.kept.flow.map(({ number }) => number)).toContain(rows[0]!.number);
  });

  it('begin again, with what was made before counted, when the history process has died', async () => {
    const { stock } = await list(daemon.url);
    const { pid } = daemon.child;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    for (const child of children) process.kill(Number(child), 'SIGKILL');
    await until('another process answers', async () => {
      const { status, text } = await answer(daemon.url, '/decisions');
      expect([200, 503]).toContain(status);
      return status === 200 && (JSON.parse(text) as DecisionList).stock.kept === 0;
    });
    daemon.child.stdin!.write(readFileSync(join(PROJECT, 'captures/wireguard/port-53.pcap')).subarray(PCAP_HEADER));
    await until('new decisions are kept', async () => (await list(daemon.url)).stock.kept > 0);
    const after = await list(daemon.url);
    expect(after.stock.made).toBe(stock.made + after.stock.kept);
    expect((await explain(daemon.url, after.rows[0]!.number)).kept.rules.policy).toBe('second');
  });
});
