/** How a reader goes from page to page, with the clicks counted. */
import type { Page } from 'playwright-core';

/** Counts the clicks from the first page on. */
export class Clicks {
  count = 0;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async on(role: 'link' | 'button', name: RegExp): Promise<void> {
    this.count++;
    await this.page.getByRole(role, { name }).first().click();
  }
}
