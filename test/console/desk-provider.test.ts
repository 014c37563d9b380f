/** Staff of the desk sign in at a provider of OpenID Connect, in a browser: with a role, and without one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflow, picture, TestBrowser, type TestPage, violations } from '../kit/browser.ts';
import { OidcProvider } from '../kit/oidc-provider.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { RunningDesk } from '../kit/running-desk.ts';

describe.skipIf(process.env.BROWSER === undefined || CHROMIUM === null)('signing in at a provider', () => {
  const folder = temporaryFolder();
  const provider = new OidcProvider();
  let desk: RunningDesk;
  let browser: TestBrowser;

  beforeAll(async () => {
    await provider.start();
    const config = join(folder.path, 'oidc.json');
    writeFileSync(join(folder.path, 'secret'), provider.clientSecret, { mode: 0o600 });
    const fields = {
      name: 'State login',
      issuer: provider.issuer,
      client_id: provider.clientId,
      client_secret_file: 'secret',
      role: { claim: 'groups', values: { 'desk-review': 'reviewer', 'desk-isp': 'isp', 'desk-admin': 'admin' } },
      isps: { claim: 'networks', values: { 'n-1': ['north-net'] } },
    };
    writeFileSync(config, JSON.stringify(fields));
    desk = await new RunningDesk(['--demo', '--oidc', config, '--out', join(folder.path, 'out')]).ready();
    browser = await TestBrowser.open();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await desk.stop();
    provider.stop();
    folder.remove();
  });

  async function signIn(claims: Readonly<Record<string, unknown>>): Promise<TestPage> {
    provider.claims = claims;
    const opened = await browser.page(desk.origin);
    await opened.page.goto(`${desk.origin}/sign-in`);
    await opened.page.click('text=Sign in with State login');
    return opened;
  }

  it.each([
    ['a reviewer, who sees the queue', { groups: ['desk-review'] }, '/queue', 'oidc:rosa (Reviewer)'],
    [
      'a provider, who sees its own',
      { groups: 'desk-isp', networks: ['n-1'] },
      '/queue',
      'oidc:rosa (Internet provider)',
    ],
    ['an administrator', { groups: ['desk-admin', 'staff'] }, '/accounts', 'oidc:rosa (Administrator)'],
  ])('opens the desk to %s', async (_, claims, path, shown) => {
    const { page, context } = await signIn({ preferred_username: 'Rosa', ...claims });
    await page.waitForURL(desk.origin + path);
    expect(await page.textContent('header')).toContain(shown);
    const cookies = await context.cookies(desk.origin);
    expect(cookies.map(({ sameSite, httpOnly }) => [sameSite, httpOnly])).toEqual([['Strict', true]]);
    await page.click('text=Sign out');
    await page.goto(desk.origin + path);
    expect(page.url()).toBe(`${desk.origin}/sign-in`);
    await context.close();
  });

  it.each([
    ['no group of the desk', { groups: ['staff'] }, {}, 'unknown'],
    ['the role of a provider without one', { groups: ['desk-isp'], networks: ['n-9'] }, {}, 'unknown'],
    ['a token signed by another', { groups: ['desk-review'] }, { isOtherKey: true }, 'failed'],
    ['a token without a signature', { groups: ['desk-review'] }, { isUnsigned: true }, 'failed'],
  ])('is refused with %s', async (_, claims, fault, problem) => {
    provider.fault = fault;
    const { page, context } = await signIn({ preferred_username: 'rosa', ...claims });
    await page.waitForURL(`${desk.origin}/sign-in?problem=${problem}`);
    provider.fault = {};
    expect(await page.locator('[role=alert]').count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    await picture(page, `desk-provider-${problem}`);
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await overflow(page)).toBe(0);
    await page.goto(`${desk.origin}/queue`);
    expect(page.url()).toBe(`${desk.origin}/sign-in`);
    await context.close();
  });

  it('is not finished by an address that another browser was sent to', async () => {
    const { page, context } = await browser.page(desk.origin);
    await page.goto(`${desk.origin}/sign-in/provider/return?code=x&state=y`);
    expect(page.url()).toBe(`${desk.origin}/sign-in?problem=failed`);
    await context.close();
  });
});
