/**
 * In a browser: a spreadsheet that a company keeps is uploaded, asked about and registered; and a registry that would lose
 * many registrations is held back until a reviewer confirms it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openState } from '../../src/desk/desk.ts';
import { writeAccount } from '../../src/desk/store/account-store.ts';
import { openDesk, rows } from '../../src/desk/store/desk-database.ts';
import { writeIsp, writeSetting } from '../../src/desk/store/settings.ts';
import { act } from '../../src/desk/work/act.ts';
import { hashPassword } from '../../src/web/http/accounts/password-work.ts';
import { ANNA, BORIS } from '../desk/desk-kit.ts';
import { workbook } from '../desk/sheets/workbook.ts';
import { CHROMIUM, TestBrowser, type TestPage } from '../kit/browser.ts';
import { checked } from '../kit/checked-desk-page.ts';
import { temporaryFolder, until } from '../kit/running-daemon.ts';
import { RunningDesk } from '../kit/running-desk.ts';

const PASSWORD = 'a password of the test';
const LIST = [
  ['Members of the association', null, null, null],
  ['Company', 'IP address', 'Sector', 'Valid until'],
  ...Array.from({ length: 30 }, (_, at) => [`Example ${at} Works`, `198.51.100.${at}`, 'Software', '31.12.2036']),
  ['Fig Example', { formula: 'A1', value: '198.51.100.40' }, 'bank', '31.12.2036'],
  ['Gorse Example', '10.0.0.1', 'bank', '31.12.2036'],
];

describe.skipIf(process.env.BROWSER === undefined || CHROMIUM === null)('the registry of a desk, in a browser', () => {
  const folder = temporaryFolder();
  const state = join(folder.path, 'state');
  const out = join(folder.path, 'out');
  const registry = (): string => readFileSync(join(out, 'registry.csv'), 'utf8');
  let browser: TestBrowser;
  let desk: RunningDesk;

  async function start(): Promise<void> {
    desk = await new RunningDesk(['--state', state, '--out', out]).ready();
  }

  async function signedIn(name: string): Promise<TestPage> {
    const opened = await browser.page(desk.origin);
    await opened.page.goto(`${desk.origin}/sign-in`);
    await opened.page.fill('#f-name', name);
    await opened.page.fill('#f-password', PASSWORD);
    await opened.page.press('#f-password', 'Enter');
    await opened.page.waitForURL(/queue/);
    return opened;
  }

  beforeAll(async () => {
    mkdirSync(out);
    const { database } = openState(state);
    writeSetting(database, 'documentation', 'take');
    writeIsp(database, { name: 'north', title: 'North Net', prefixes: [], isActive: true });
    const hash = await hashPassword(PASSWORD);
    for (const { name } of [ANNA, BORIS])
      writeAccount(database, { name, role: 'reviewer', isps: [], hash }, Date.now());
    database.close();
    await start();
    browser = await TestBrowser.open();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await desk.stop();
    folder.remove();
  });

  it('has the rows of a spreadsheet that were understood, and those that a reviewer answered for', async () => {
    const { page, complaints } = await signedIn('anna');
    await page.goto(`${desk.origin}/imports`);
    await checked(page, 'imports');
    const buffer = workbook([{ name: 'List', rows: LIST }]);
    const mimeType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
    await page.setInputFiles('#f-file', { name: 'members.xlsx', mimeType, buffer });
    await page.click('text=Show what is understood');
    await page.waitForURL(/imports\/\d+/);
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
    // The provider is in no column: it is chosen for the whole file.
    await page.selectOption('select[name="isp"]', 'north');
    await page.click('form[action$="/choices"] button');
    await page.waitForURL(/imports\/\d+$/);
    expect(await page.textContent('main')).toContain('30 understood, 1 with questions, 1 to mend, 2 left out');
    await checked(page, 'import-questions');
    await page.check('input[name="take"]');
    await page.click('text=Save the answers of this page');
    await page.waitForURL(/rows=question/);
    expect(await page.textContent('main')).toContain('31 rows will be registered');
    await page.goto(page.url().replace('question', 'error'));
    expect(await page.textContent('main')).toContain('is private (RFC 1918)');
    await checked(page, 'import-errors');
    await page.click('form[action$="/confirm"] button');
    await page.waitForURL(/rows=understood/);
    await checked(page, 'import-done');
    await until('the registry has the rows', () => registry().includes('Fig Example'), 20_000);
    expect(registry().trim().split('\n')).toHaveLength(1 + 31);
    expect(registry()).not.toContain('Gorse');
    expect(complaints).toEqual([]);
  }, 90_000);

  it('is held back where many registrations would be lost, and written once a reviewer says that it is meant', async () => {
    const before = registry();
    await desk.stop();
    const database = openDesk(join(state, 'desk.db'));
    const some = rows<{ readonly id: number }>(database, "SELECT id FROM application WHERE holder LIKE 'Example 1%'");
    expect(some).toHaveLength(11);
    const today = new Date().toISOString().slice(0, 10);
    for (const { id } of some) {
      const deed = { application: id, atMs: Date.now() };
      act(database, { ...deed, action: 'propose-revocation', actor: ANNA, reason: 'left', date: today });
      act(database, { ...deed, action: 'revoke', actor: BORIS });
    }
    database.close();
    await start();
    await until('it is held', () => desk.errors.includes('the registry was not written'), 20_000);
    expect(registry()).toBe(before);
    const { page, complaints } = await signedIn('boris');
    await page.goto(`${desk.origin}/registry`);
    expect(await page.textContent('.note.bad')).toContain('11 of 31 registrations in force would be lost');
    await checked(page, 'registry-held');
    await page.click('text=This is meant: write it');
    await page.waitForURL(/registry$/);
    expect(await page.locator('.note.bad').count()).toBe(0);
    expect(registry().trim().split('\n')).toHaveLength(1 + 20);
    await checked(page, 'registry-written');
    expect(complaints).toEqual([]);
  }, 90_000);
});
