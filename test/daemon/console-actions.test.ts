/** Actions of an operator in the console of a running daemon: their effects, their record, and what is refused. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActionResult, DraftList, ReloadPreview } from '../../src/web/api/action-schema.ts';
import { reasonIn } from '../../src/web/console/format/refusal-words.ts';
import { problemLine } from '../../src/rules/rules-problem.ts';
import type { RulesDocument } from '../../src/web/api/rules-schema.ts';
import { Conversation } from '../kit/many-clients.ts';
import { eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, SignedIn } from '../kit/signed-in.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const BANK = '198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-1\n';
const START_US = 1_731_261_600_000_000;
const CLIENTS = 20;
const handshake = new Conversation('wireguard/handshake-only.pcap');

let folder = temporaryFolder();
let daemon: RunningDaemon;
const path = (name: string): string => join(folder.path, name);

beforeEach(async () => {
  folder = temporaryFolder();
  mkdirSync(path('state'));
  mkdirSync(path('drafts'));
  for (const [name, role] of [
    ['olga', 'operator'],
    ['vera', 'viewer'],
    ['alan', 'auditor'],
  ] as const)
    await addAccount(path('state'), name, role);
  writeRules('');
});
afterEach(async () => {
  await daemon.kill('SIGKILL');
  folder.remove();
});

function writeRules(rules: string, clients = 500, registry = BANK): void {
  writeFileSync(path('registry.csv'), HEADER + registry);
  writeFileSync(
    path('policy.yaml'),
    `name: test\nmode: enforce\nrules:\n${rules}  - { name: registered, when: { registered: either }, action: allow }\n  - { name: rest, when: { registered: none }, action: block }\nsafety: { window: 60s, max_clients_affected: ${clients}, max_share_affected: 100%, then: observe }\n`,
  );
}

async function run(...more: string[]): Promise<SignedIn> {
  const files = ['--policy', path('policy.yaml'), '--registry', path('registry.csv')];
  const outputs = ['--decisions', path('decisions.jsonl'), '--state', path('state')];
  daemon = await new RunningDaemon(['-', ...files, ...outputs, ...more]).started();
  daemon.child.stdin!.write(handshake.capture(0, CLIENTS, START_US, 1000));
  const packets = CLIENTS * handshake.packets.length;
  await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
  return SignedIn.as(daemon, 'olga');
}

async function done(session: SignedIn, action: string, body: object): Promise<ActionResult> {
  const answer = await session.post(`/actions/${action}`, body);
  expect(answer.status).toBe(200);
  return (await answer.json()) as ActionResult;
}

interface Action {
  readonly what: string;
  readonly who: object;
  readonly result: string;
  readonly rules_before: string;
  readonly rules_after: string;
}
/** The actions in the log of the daemon, which ends. */
async function actions(): Promise<Action[]> {
  await daemon.kill();
  return eventsOf(path('decisions.jsonl'))
    .filter(({ event_type: type }) => type === 'action')
    .map(({ action }) => action as Action);
}
const OLGA = { via: 'console', account: 'olga' };
const REFUSED = '  - { name: all, action: block }\n';

describe('an operator in the console', () => {
  it('previews a reload without doing it, and sees which registered users it would hit', async () => {
    const olga = await run();
    writeRules(REFUSED);
    const preview = (await (await olga.post('/actions/preview-reload')).json()) as ReloadPreview;
    expect(preview.result).toBe('refused');
    expect(preview.problems).toContainEqual({
      problem: expect.stringContaining('rule all can block') as string,
      code: expect.any(String) as string,
      values: expect.any(Array) as string[],
      severity: 'warning',
      place: `${path('policy.yaml')}:4:26`,
    });
    for (const problem of preview.problems) expect(reasonIn({ ...problem, problem: '' })).toBe(problem.problem);
    expect(preview.verdict).toMatchObject({ refused: true, figures: { registered_hit: CLIENTS } });
    expect(preview.verdict!.figures.users).toMatchObject([{ rule: 'all', holder: 'Meridian Example Bank' }]);
    const { waiting } = await olga.get<RulesDocument>('/rules');
    expect(waiting.rules).toBeNull();
    expect(await actions()).toEqual([]);
  });

  it('reloads, sees a refusal with its figures, and confirms that very hash', async () => {
    const olga = await run();
    const before = (await olga.get<RulesDocument>('/rules')).sha256;
    writeRules(REFUSED);
    const refused = await done(olga, 'reload', { id: 'reload-0001' });
    expect(refused).toMatchObject({ ok: false, result: 'refused' });
    expect(refused.problems).toContainEqual(expect.objectContaining({ code: 'limit-exceeded', place: null }));
    for (const problem of refused.problems) expect(reasonIn({ ...problem, problem: '' })).toBe(problem.problem);
    const { waiting } = await olga.get<RulesDocument>('/rules');
    expect(waiting.rules).toMatchObject({
      sha256: refused.sha256,
      refused: true,
      figures: { registered_hit: CLIENTS },
    });
    const wrong = await done(olga, 'confirm', { id: 'confirm-0001', sha256: '0'.repeat(64) });
    expect(wrong).toMatchObject({ ok: false, result: 'failure' });
    expect(wrong.problem).toMatchObject({ code: 'other-rules-refused', values: [refused.sha256] });
    expect(wrong.problem!.problem).toContain('no rules with this hash');
    expect(await done(olga, 'confirm', { id: 'confirm-0002', sha256: refused.sha256! })).toMatchObject({ ok: true });
    const after = await olga.get<RulesDocument>('/rules');
    expect(after).toMatchObject({ sha256: refused.sha256, waiting: { rules: null } });
    expect(await actions()).toMatchObject([
      { what: 'reload', who: OLGA, result: 'refused', rules_before: before, rules_after: before },
      { what: 'confirm', who: OLGA, result: 'refused', rules_before: before, rules_after: before },
      { what: 'confirm', who: OLGA, result: 'success', rules_before: before, rules_after: refused.sha256 },
    ]);
  });

  it('sees each problem of a file that is not valid, with its place', async () => {
    const olga = await run();
    writeRules('  - { name: x, action: deny }\n  - { name: y, acton: allow }\n');
    const { ok, result, problems } = await done(olga, 'reload', { id: 'reload-0001' });
    expect([ok, result]).toEqual([false, 'failure']);
    expect(problems.map(problemLine)).toEqual([
      expect.stringMatching(/policy\.yaml:4:24: error: action: must be one of/),
      expect.stringMatching(/policy\.yaml:5:5: error: /),
      expect.stringMatching(/policy\.yaml:5:16: error: unknown key "acton"/),
    ]);
    // The control socket has the same lines.
    expect(await daemon.ask('reload')).toMatchObject({ problems: problems.map(problemLine) });
  });

  it('does once what is sent twice, at the same time or later', async () => {
    const olga = await run();
    const twice = await Promise.all([1, 2].map(() => done(olga, 'reload', { id: 'the-same-id' })));
    expect(await done(olga, 'reload', { id: 'the-same-id' })).toEqual(twice[0]);
    expect(twice[0]).toEqual(twice[1]);
    await done(olga, 'reload', { id: 'another-id' });
    expect(await actions()).toHaveLength(2);
  });

  it('resets the trip that was shown, and no other', async () => {
    writeRules('', 5, '');
    const olga = await run();
    const { trips } = await olga.get<RulesDocument>('/rules');
    expect(trips).toHaveLength(1);
    const other = await olga.post('/actions/reset-breaker', { id: 'reset-0001', trips: [1] });
    expect([other.status, await other.text()]).toEqual([409, expect.stringContaining('tripped again')]);
    expect(await daemon.metric('sluice_breaker_tripped')).toBe(1);
    expect(await done(olga, 'reset-breaker', { id: 'reset-0001', trips })).toMatchObject({
      ok: true,
      result: 'success',
    });
    expect(await done(olga, 'reset-breaker', { id: 'reset-0002', trips })).toMatchObject({
      ok: true,
      result: 'unchanged',
    });
    expect(await actions()).toMatchObject([{ what: 'reset', who: OLGA, result: 'success' }, { result: 'unchanged' }]);
  });

  it('clears the harm that was shown, with a reason', async () => {
    writeRules('  - { name: all, action: block }\n');
    const olga = await run('--mode', 'observe');
    const { registered_hits: hits } = await olga.get<RulesDocument>('/rules');
    expect(hits).toBeGreaterThanOrEqual(CLIENTS);
    const fewer = await olga.post('/actions/clear-harm', { id: 'clear-0001', reason: 'checked', hits: hits - 1 });
    expect([fewer.status, await fewer.text()]).toEqual([409, expect.stringContaining('1 more registered hits')]);
    expect(await done(olga, 'clear-harm', { id: 'clear-0002', reason: ' ', hits })).toMatchObject({ ok: false });
    expect(await done(olga, 'clear-harm', { id: 'clear-0003', reason: 'checked', hits })).toMatchObject({ ok: true });
    expect(await olga.get<RulesDocument>('/rules')).toMatchObject({ registered_hits: 0 });
    expect(await actions()).toMatchObject([{ what: 'clear-harm', who: OLGA, reason: 'checked' }]);
  });

  it('begins, reads and ends a draft of the folder of drafts, and names no other file', async () => {
    const draft = readFileSync(path('policy.yaml'), 'utf8').replace('registered: none', 'stage: confirmed');
    writeFileSync(path('drafts/next.yaml'), draft);
    writeFileSync(path('drafts/notes.txt'), 'x');
    symlinkSync(path('policy.yaml'), path('drafts/link.yaml'));
    const olga = await run('--drafts', path('drafts'));
    expect(await olga.get<DraftList>('/drafts')).toEqual({ configured: true, names: ['next.yaml'] });
    for (const name of ['../policy.yaml', '/etc/passwd', 'link.yaml', 'notes.txt', 'gone.yaml', '.yaml', 'a\0.yaml']) {
      const answer = await olga.post('/actions/shadow-on', { id: 'shadow-0001', draft: name });
      expect([name, answer.status]).toEqual([name, 409]);
    }
    expect(await done(olga, 'shadow-on', { id: 'shadow-0002', draft: 'next.yaml' })).toMatchObject({ ok: true });
    const { shadow } = await olga.get<RulesDocument>('/rules');
    writeFileSync(path('drafts/next.yaml'), `${draft}# another\n`);
    expect(await done(olga, 'shadow-read', { id: 'shadow-0003' })).toMatchObject({ ok: true, result: 'success' });
    const old = await olga.post('/actions/shadow-off', { id: 'shadow-0004', policy: shadow!.policy.sha256 });
    expect(old.status).toBe(409);
    const now = (await olga.get<RulesDocument>('/rules')).shadow!;
    expect(await done(olga, 'shadow-off', { id: 'shadow-0005', policy: now.policy.sha256 })).toMatchObject({
      ok: true,
    });
    expect((await olga.get<RulesDocument>('/rules')).shadow).toBeNull();
    expect(await done(olga, 'shadow-read', { id: 'shadow-0006' })).toMatchObject({
      ok: false,
      problems: [expect.objectContaining({ code: 'no-draft-to-read', place: null })],
    });
    expect((await actions()).map(({ what, result }) => `${what} ${result}`)).toEqual([
      'shadow-on success',
      'shadow-read success',
      'shadow-off success',
      'shadow-read failure',
    ]);
  });

  it('has nothing to choose from without a folder of drafts', async () => {
    const olga = await run();
    expect(await olga.get<DraftList>('/drafts')).toEqual({ configured: false, names: [] });
    expect((await olga.post('/actions/shadow-on', { id: 'shadow-0001', draft: 'policy.yaml' })).status).toBe(409);
  });
});

describe('a viewer and an auditor', () => {
  it('are refused every action, and nothing is done', async () => {
    await run();
    for (const name of ['vera', 'alan']) {
      const session = await SignedIn.as(daemon, name);
      const bodies: Record<string, object> = {
        'preview-reload': {},
        reload: { id: 'abcdefgh' },
        confirm: { id: 'abcdefgh', sha256: '0'.repeat(64) },
        'reset-breaker': { id: 'abcdefgh', trips: [] },
        'clear-harm': { id: 'abcdefgh', reason: 'x', hits: 0 },
        'shadow-off': { id: 'abcdefgh', policy: '0'.repeat(64) },
        'shadow-read': { id: 'abcdefgh' },
        'shadow-on': { id: 'abcdefgh', draft: 'a.yaml' },
      };
      for (const [action, body] of Object.entries(bodies))
        expect([name, action, (await session.post(`/actions/${action}`, body)).status]).toEqual([name, action, 403]);
      expect((await session.fetch('/drafts')).status).toBe(403);
    }
    expect(await actions()).toEqual([]);
  });
});
