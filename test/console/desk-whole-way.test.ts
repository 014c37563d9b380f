/**
 * Each role's whole way in a browser: an unregistered WireGuard flow is blocked in replay and by a daemon that reads the
 * signed registry of the desk; its holder applies, the provider confirms, a reviewer approves; within a minute of that
 * the daemon allows the flow under the reference, and so does a replay. Then an appeal, whose mistake is mended.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sluice } from '../cli/sluice.ts';
import { CHROMIUM, TestBrowser, type TestPage } from '../kit/browser.ts';
import { checked } from '../kit/checked-desk-page.ts';
import { Conversation } from '../kit/many-clients.ts';
import { DeskClient, RunningDesk } from '../kit/running-desk.ts';
import { eventsIn, RunningDaemon, until } from '../kit/running-daemon.ts';

const CAPTURE = 'captures/wireguard/handshake.pcap';
const ADDRESS = '198.51.100.7';

let desk: RunningDesk;
let browser: TestBrowser;
let out: string;
let daemon: RunningDaemon;
const handshake = new Conversation('wireguard/handshake.pcap');
let clients = 0;

async function signedIn(name: string): Promise<TestPage> {
  const opened = await browser.page(desk.origin);
  await opened.page.goto(`${desk.origin}/sign-in`);
  await opened.page.fill('#f-name', name);
  await opened.page.fill('#f-password', desk.password);
  await opened.page.press('#f-password', 'Enter');
  await opened.page.waitForURL(/queue|accounts/);
  return opened;
}

/** The last decision on the flow with the registry that is there now. */
async function decision(): Promise<{ action: string; references: string[] }> {
  const policy = join(out, 'policy.yaml');
  const registry = join(out, 'registry.csv');
  const args = ['replay', CAPTURE, '--policy', policy, '--registry', registry, '--decisions', '-', '--quiet'];
  const { stdout, stderr } = await sluice(args);
  const line = stdout
    .trim()
    .split('\n')
    .findLast((one) => one.includes('"event_type":"decision"'));
  if (line === undefined) throw new Error(stderr);
  return decisionOf(JSON.parse(line) as Decided);
}

/** The decision of the running daemon on the flow of one more client with the address. */
async function daemonDecision(): Promise<{ action: string; references: string[] }> {
  const before = clients;
  daemon.child.stdin!.write(handshake.records(clients++, Date.now() * 1000));
  const client = `10.${before >> 16}.${(before >> 8) & 255}.${before & 255}`;
  const decisions = (): Decided[] => {
    const whole = daemon.standardOutput.slice(0, daemon.standardOutput.lastIndexOf('\n') + 1);
    const found = eventsIn(whole).filter((one) => one.event_type === 'decision') as unknown as Decided[];
    return found.filter(({ src_ip, dest_ip }) => src_ip === client || dest_ip === client);
  };
  await until('the daemon has decided', () => decisions().length > 0, 20_000);
  return decisionOf(decisions().at(-1)!);
}

interface Decided {
  readonly src_ip: string;
  readonly dest_ip: string;
  readonly decision: { readonly action: string };
  readonly registration: Readonly<Record<string, { readonly reference: string } | null>>;
}

function decisionOf({ decision, registration }: Decided): { action: string; references: string[] } {
  const references = Object.values(registration).flatMap((one) => (one === null ? [] : [one.reference]));
  return { action: decision.action, references };
}

/** The key of the desk as an administrator is shown it, in a file. */
async function keyFile(): Promise<string> {
  const admin = new DeskClient(desk.origin);
  await admin.signIn('admin', desk.password);
  const path = join(out, 'key.pub');
  writeFileSync(path, /<pre>([^<]+)<\/pre>/.exec((await admin.get('/settings')).text)![1]!);
  return path;
}

describe.skipIf(process.env.BROWSER === undefined || CHROMIUM === null)('the desk', () => {
  let link = '';
  let reference = '';

  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'sluice-out-'));
    const rules = [
      'name: desk',
      'mode: enforce',
      'rules:',
      '  - { name: registered, when: { registered: either }, action: allow }',
      '  - { name: unregistered, when: { registered: none }, action: block }',
    ];
    writeFileSync(join(out, 'policy.yaml'), `${rules.join('\n')}\n`);
    desk = await new RunningDesk(['--demo', '--out', out]).ready();
    browser = await TestBrowser.open();
    await until('the registry is written', () => desk.errors.includes('the registry was written'), 20_000);
    // The network signs its own policy; the desk signs the registry.
    const own = join(out, 'network.pem');
    await sluice(['rules', 'keygen', own]);
    await sluice(['rules', 'sign', '--policy', join(out, 'policy.yaml'), '--key', own]);
    const rulesFiles = ['--policy', join(out, 'policy.yaml'), '--registry', join(out, 'registry.csv')];
    const checks = ['--rules-keys', await keyFile(), `${own}.pub`, '--require-manifest', '--watch'];
    daemon = await new RunningDaemon(['-', '--decisions', '-', ...rulesFiles, ...checks]).started();
    daemon.child.stdin!.write(handshake.header);
  }, 90_000);

  afterAll(async () => {
    await browser.close();
    await daemon.kill();
    await desk.stop();
  });

  it('takes an application with a range, and shows what it understood', async () => {
    expect((await decision()).action).toBe('block');
    expect((await daemonDecision()).action).toBe('block');
    const { page, complaints } = await browser.page(desk.origin);
    await page.goto(desk.origin);
    await checked(page, 'start');
    await page.click('a.button');
    await checked(page, 'kinds');
    await page.click('text=Company or other organisation');
    await checked(page, 'form');
    await page.fill('#f-organisation', 'Linden Example Works');
    await page.selectOption('#f-sector', 'enterprise');
    await page.fill('#f-contact', 'Contact Person');
    await page.fill('#f-mail', 'it@linden.example');
    await page.selectOption('#f-isp', 'north-net');
    await page.fill('#f-subscriber', 'N-77');
    await page.fill('#f-own', '198.51.100.6–198.51.100.7');
    await page.locator('#f-own-found', { hasText: 'Understood as 198.51.100.6/31' }).waitFor();
    await page.fill('#f-purpose', 'Two offices');
    await page.fill('#f-validFrom', '2026-11-01');
    await page.fill('#f-validUntil', '2036-11-01');
    const pdf = { name: 'certificate.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 example') };
    await page.setInputFiles('#f-evidence', pdf);
    await page.click('text=Send');
    await page.waitForURL(/\/my\//);
    link = page.url();
    reference = (await page.textContent('h1'))!;
    expect(reference).toMatch(/^OW-\d{4}-\d{6}$/);
    await checked(page, 'my-application');
    await page.goto(`${desk.origin}/status?reference=${reference}`);
    expect(await page.textContent('main')).toContain('With the ISP');
    await checked(page, 'status');
    expect(complaints).toEqual([]);
  }, 60_000);

  it('lets the provider confirm, by keyboard, and a reviewer approve; the flow is allowed within a minute', async () => {
    const isp = await signedIn('northnet');
    await checked(isp.page, 'isp-queue');
    await isp.page.click(`text=${reference}`);
    await isp.page.focus('button:has-text("Confirm the addresses")');
    await isp.page.keyboard.press('Enter');
    await isp.page.locator('.state-line', { hasText: 'In review' }).waitFor();
    const reviewer = await signedIn('anna');
    await checked(reviewer.page, 'queue');
    await reviewer.page.click(`text=${reference}`);
    await checked(reviewer.page, 'case');
    const begun = Date.now();
    await reviewer.page.click('button:has-text("Approve")');
    await reviewer.page.locator('.state-line', { hasText: 'Approved' }).waitFor();
    const registry = join(out, 'registry.csv');
    await until('the registry has it', () => readFileSync(registry, 'utf8').includes(reference), 30_000);
    const isAllowed = async (): Promise<boolean> => (await daemonDecision()).action === 'allow';
    await until('the daemon allows the flow', isAllowed, 50_000);
    expect(await daemonDecision()).toEqual({ action: 'allow', references: [reference] });
    expect(eventsIn(daemon.standardOutput).some(({ event_type }) => event_type === 'reload')).toBe(true);
    expect(await decision()).toEqual({ action: 'allow', references: [reference] });
    expect(Date.now() - begun).toBeLessThan(60_000);
    const admin = await signedIn('admin');
    await checked(admin.page, 'accounts');
    await admin.page.goto(`${desk.origin}/settings`);
    await checked(admin.page, 'settings');
    const key = join(out, 'key.pub');
    writeFileSync(key, (await admin.page.textContent('pre'))!);
    const { code, stdout } = await sluice(['rules', 'verify', '--registry', registry, '--rules-keys', key]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('signed by key')]);
    for (const { complaints } of [isp, reviewer, admin]) expect(complaints).toEqual([]);
  }, 60_000);

  it('answers whether it is registered to those who have reference and address together', async () => {
    const { page } = await browser.page(desk.origin);
    await page.goto(`${desk.origin}/registered?reference=${reference}&address=${ADDRESS}`);
    expect((await page.textContent('[role=status]'))!.trim()).toBe('It is registered until 2036-11-01, with that day.');
    await checked(page, 'registered');
    await page.goto(`${desk.origin}/registered?reference=OW-2026-000001&address=${ADDRESS}`);
    expect(await page.textContent('[role=status]')).toContain('not registered under this reference');
  });

  it('takes an appeal, and its mistake is mended in the registry', async () => {
    const { page } = await browser.page(desk.origin);
    await page.goto(link);
    await page.click('summary:has-text("Appeal")');
    await page.fill('#appeal-text', 'Our office is cut off since Sunday.');
    await page.fill('#appeal-address', '198.51.100.5');
    await page.click('button:has-text("Appeal")');
    await page.locator('.state-line', { hasText: 'Appeal' }).waitFor();
    const reviewer = await signedIn('boris');
    await reviewer.page.goto(`${desk.origin}/queue?state=appeal`);
    await reviewer.page.click(`text=${reference}`);
    await checked(reviewer.page, 'appeal');
    await reviewer.page.fill('#mend-own', '198.51.100.4-198.51.100.7');
    await reviewer.page.fill('#mend-text', 'Two addresses were missing. They are registered now.');
    await reviewer.page.click('button:has-text("Mend the registration")');
    await reviewer.page.locator('.state-line', { hasText: 'Approved' }).waitFor();
    await until(
      'it is in the registry',
      () => readFileSync(join(out, 'registry.csv'), 'utf8').includes('198.51.100.4/30'),
      30_000,
    );
    await page.goto(link);
    expect(await page.textContent('main')).toContain('Two addresses were missing');
    const auditor = await signedIn('auditor');
    for (const name of ['changes', 'registry', 'search?for=example']) {
      await auditor.page.goto(`${desk.origin}/${name}`);
      await checked(auditor.page, `auditor-${name.split('?')[0]!}`);
    }
    await reviewer.page.goto(`${desk.origin}/limits`);
    await checked(reviewer.page, 'limits');
  }, 60_000);
});
