/**
 * A Chromium for tests: pages at a width and a colour scheme, what the accessibility checker finds on them, and what the
 * browser itself reports, such as a violated content-security policy or a request to another site.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../src/study/report/print-pdf.ts';

/** The path of the installed Chromium; null for none, and then tests in a browser are skipped. */
export const CHROMIUM = findChromium();

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TIMEOUT_MS = 30_000;

export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  readonly locale?: string;
}

/** A page, with everything that the browser has complained about. */
export interface TestPage {
  readonly page: Page;
  /** Errors of scripts, violations of the content-security policy, failed requests, requests to other sites. */
  readonly complaints: string[];
  readonly context: BrowserContext;
}

export class TestBrowser {
  private readonly browser: Browser;

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  static async open(): Promise<TestBrowser> {
    // Tests run as root in containers, where Chromium has no sandbox.
    const args = ['--no-sandbox', '--disable-dev-shm-usage'];
    return new TestBrowser(await chromium.launch({ executablePath: CHROMIUM!, args }));
  }

  /** An empty page of its own session. Only requests to `origin` are expected. */
  async page(origin: string, view: View = {}): Promise<TestPage> {
    const { width = 1280, height = 900, scheme = 'light', locale = 'en-GB' } = view;
    const context = await this.browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale });
    context.setDefaultTimeout(TIMEOUT_MS);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) complaints.push(`request to ${request.url()}`);
    });
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? '';
      // A page that is left ends its requests.
      if (reason !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()} ${reason}`);
    });
    return { page, complaints, context };
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** What the accessibility checker finds on the page as it is now: a line for each rule that is violated. */
export async function violations(page: Page): Promise<string[]> {
  // The page's policy forbids scripts that it does not serve, so this one comes through the debugger.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    interface Found {
      violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
    }
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<Found> } };
    const found = await axe.run({ resultTypes: ['violations'] });
    return found.violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.map(({ target, failureSummary }) => `${String(target)} (${failureSummary ?? ''})`).join('; ')}`,
    );
  });
}

/** Pixels by which the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

/** Tables whose rows are cards in this window, and which are cut at their side all the same. */
export function cutCards(page: Page): Promise<number> {
  return page.evaluate(`[...document.querySelectorAll('.table-region:has(> .cards)')].filter(
    (region) => region.querySelector('tbody > tr').computedStyleMap().get('display').value === 'block' &&
      region.scrollWidth > region.clientWidth).length`);
}

/** Blocks of panels whose panels leave a place empty, each with the share of it that they fill. */
export function emptyPlaces(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('.grid, .pair, .overview-charts, .health-panels, .health-charts')].flatMap(
    (block) => {
      const gap = parseFloat(getComputedStyle(block).columnGap);
      const area = ({ width, height }) => (width + gap) * (height + gap);
      const panels = [...block.children].map((child) => child.getBoundingClientRect());
      const part = panels.reduce((sum, rect) => sum + area(rect), 0) / area(block.getBoundingClientRect());
      return panels.length === 0 || Math.abs(part - 1) < 0.005 ? [] : [block.className + ': ' + part.toFixed(3)];
    })`);
}

/** Stores a picture of the whole page if the environment names a folder in PICTURES. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.PICTURES;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
