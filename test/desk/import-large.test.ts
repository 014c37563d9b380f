/** An import of as many rows as a file may have: pages are served while it is written, and a kill leaves none of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, until } from '../kit/running-daemon.ts';
import { DeskClient, hiddenFields, RunningDesk } from '../kit/running-desk.ts';

const ROWS = 2000;
const folder = temporaryFolder();
let desk: RunningDesk;
let anna: DeskClient;

beforeAll(async () => {
  desk = await new RunningDesk(['--demo', '--out', join(folder.path, 'out')]).ready();
  anna = new DeskClient(desk.origin);
  await anna.signIn('anna', desk.password);
  const boris = new DeskClient(desk.origin);
  await boris.signIn('boris', desk.password);
  const limits = hiddenFields((await boris.get('/limits')).text, '/limits');
  expect((await boris.post('/limits', { ...limits, account: 'anna', count: String(ROWS) })).status).toBe(303);
}, 60_000);

afterAll(async () => {
  await desk.stop();
  folder.remove();
});

async function upload(): Promise<string> {
  const lines = Array.from({ length: ROWS }, (_, at) => {
    const address = `2001:db8:${(0x1000 + at).toString(16)}::/64`;
    return `Sorrel ${at},it,${address},2026-11-01,2036-10-31,north-net`;
  });
  const form = new FormData();
  form.append('csrf', hiddenFields((await anna.get('/imports')).text, '/imports').csrf!);
  form.append('file', new Blob([`company,sector,address,from,until,provider\n${lines.join('\n')}\n`]), 'list.csv');
  return (await anna.post('/imports', form)).location;
}

/** The process that writes an import for the desk; null while there is none. */
function writing(): number | null {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        const isOurs =
          readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[1] === String(desk.child.pid);
        return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('confirm-process');
      } catch {
        return false;
      }
    });
  return found === undefined ? null : Number(found);
}

describe('an import of thousands of rows', () => {
  it('is written whole or not at all, and pages are served meanwhile while forms wait', async () => {
    const location = await upload();
    const page = (await anna.get(location)).text;
    expect(page).toContain('2,000 rows will be registered');
    const fields = hiddenFields(page, `${location}/confirm`);
    const killed = anna.post(`${location}/confirm`, fields);
    await until('the import is being written', () => writing() !== null, 20_000);
    await sleep(400);
    process.kill(writing()!, 'SIGKILL');
    expect((await killed).status).toBe(500);
    expect((await anna.get('/search?for=Sorrel')).text).toContain(': none');
    expect((await anna.get(location)).text).toContain('2,000 rows will be registered');

    const ended: string[] = [];
    const confirmed = anna.post(`${location}/confirm`, fields).then((answer) => {
      ended.push('import');
      return answer;
    });
    await until('it is being written again', () => writing() !== null, 20_000);
    const auditor = new DeskClient(desk.origin);
    await auditor.signIn('auditor', desk.password);
    const form = anna
      .post('/case/3/ask', { csrf: fields.csrf!, key: 'B'.repeat(22), text: 'Which offices?' })
      .then(() => {
        ended.push('form');
      });
    while (!ended.includes('import')) {
      expect((await auditor.get('/queue')).status).toBe(200);
      ended.push('page');
      await sleep(20);
    }
    await form;
    expect((await confirmed).status).toBe(303);
    // Pages were served before either.
    expect(ended.slice(0, 4)).toEqual(Array(4).fill('page'));
    expect((await anna.get('/search?for=Sorrel')).text).not.toContain(': none');
    const registry = (): string => readFileSync(join(folder.path, 'out', 'registry.csv'), 'utf8');
    await until('the registry has all of it', () => registry().includes(`Sorrel ${ROWS - 1},`), 30_000);
    expect(registry().match(/^[^,]+,Sorrel \d+,/gm)).toHaveLength(ROWS);
  });
});
