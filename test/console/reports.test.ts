/** The Reports page in a real Chromium: every choice is in the address, and each form of a report is what the link says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportDocument } from '../../src/history/report/report-document.ts';
import { reportList } from '../../src/web/api/report-schema.ts';
import { reportPreview } from '../../src/history/report/report-head.ts';
import { CHROMIUM, picture, TestBrowser, violations } from '../kit/browser.ts';
import { RunningConsole } from '../kit/running-console.ts';

describe.skipIf(CHROMIUM === null)('the Reports page (skipped without Chromium)', () => {
  let browser: TestBrowser;
  let running: RunningConsole;
  let origin: string;
  const api = async (path: string): Promise<Response> => fetch(`${origin}/api/v1${path}`);

  beforeAll(async () => {
    browser = await TestBrowser.open();
    running = await new RunningConsole([]).read();
    ({ origin } = running);
  });
  afterAll(async () => {
    await browser.close();
    await running.stop();
  });

  it('keeps every choice in the address, so that a link shows the same report', async () => {
    const { page, complaints, context } = await browser.page(origin);
    await page.goto(`${origin}/reports`);
    const heading = page.locator('main h3');
    await heading.waitFor();
    await page.getByLabel('For').selectOption('public');
    await page.getByLabel('Kind of period').selectOption('year');
    await page.getByLabel('Period', { exact: true }).selectOption('2025');
    await page.locator('main h3', { hasText: /^Year 2025/ }).waitFor();
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toEqual({ audience: 'public', period: '2025' });
    expect(await page.getByLabel('Site').count()).toBe(0);
    const before = await page.locator('main').innerText();
    const other = await browser.page(origin);
    await other.page.goto(page.url());
    await other.page.locator('main h3', { hasText: /^Year 2025/ }).waitFor();
    expect(await other.page.locator('main').innerText()).toBe(before);
    expect([...complaints, ...other.complaints]).toEqual([]);
    await other.context.close();
    await context.close();
  });

  it('says what is missing before the report is made, and nothing where there are no figures', async () => {
    const { page, context } = await browser.page(origin);
    await page.goto(`${origin}/reports?kind=span&from=1000000000&to=1000003600`);
    await page.getByText('No packet was seen in this period').waitFor();
    expect(await page.getByText('0 VPN flows').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    await picture(page, 'reports-missing');
    await context.close();
  });

  it('opens the report itself under a policy that allows its own style alone', async () => {
    const { page, complaints, context } = await browser.page(origin);
    await page.goto(`${origin}/reports`);
    const address = await page.getByRole('link', { name: /^Open the page/ }).getAttribute('href');
    const answer = await fetch(origin + address!);
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; .*; sandbox$/);
    // A page in the sandbox runs no script, also none of this test: the same page is looked at outside of it.
    const body = await answer.text();
    const headers = { 'content-security-policy': policy.replace('; sandbox', '') };
    await page.route('**/reports/made**', (route) => route.fulfill({ body, headers, contentType: 'text/html' }));
    await page.goto(origin + address!);
    const style = 'getComputedStyle(document.querySelector(".kicker")).textTransform';
    expect(await page.evaluate<string>(style)).toBe('uppercase');
    expect(await violations(page)).toEqual([]);
    await picture(page, 'report-operator');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('has links to PDF, JSON and the CSV of every table', async () => {
    const list = reportList.parse(await (await api('/reports')).json());
    const [latest] = list.periods.month!;
    const query = `period=${latest!.name}&audience=operator`;
    const preview = reportPreview.parse(await (await api(`/reports/preview?${query}`)).json());
    const json = await api(`/reports/made?${query}&format=json`);
    expect(json.headers.get('content-disposition')).toBe(`attachment; filename="sluice-${latest!.name}-operator.json"`);
    const document = reportDocument.parse(await json.json());
    expect(preview.tables.map(({ id }) => id)).toEqual(
      document.sections.flatMap(({ tables }) => tables.map(({ id }) => id)),
    );
    for (const { id, rows } of preview.tables) {
      const csv = await api(`/reports/made?${query}&format=csv&table=${id}`);
      expect(csv.headers.get('content-disposition')).toContain(`-${id}.csv"`);
      expect((await csv.text()).split('\r\n')).toHaveLength(rows + 2);
    }
    const pdf = await api(`/reports/made?${query}&format=pdf`);
    expect(
      Buffer.from(await pdf.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
  });

  it.each([
    ['/reports/made?period=2024-99&audience=operator&format=html', 422, 'there is no period "2024-99"'],
    ['/reports/made?period=2025-10-09&audience=public&format=html', 422, 'a public report is on a whole week'],
    ['/reports/made?period=2025&audience=everyone&format=html', 400, 'audience'],
    ['/reports/made?period=2025&audience=public&format=csv&table=../x', 404, 'the report has no table'],
    ['/reports/made?period=2025&audience=public&format=csv&table=__proto__', 404, 'the report has no table'],
    ['/reports/kept/..%2f..%2fstate?format=json', 404, 'there is no such report'],
    ['/reports/kept/2024-W47-public?format=docx', 400, 'format'],
  ])('is refused on %s', async (path, status, problem) => {
    const response = await api(path);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { problem: string }).problem).toContain(problem);
  });
});
