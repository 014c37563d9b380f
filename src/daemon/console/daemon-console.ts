/** The daemon's side of the console: what the pages' API answers, and the live document, made once a second. */
import { fileURLToPath } from 'node:url';
import type { ConsoleAnswers } from '../../web/api/routes.ts';
import type { HistoryAnswers } from '../../web/api/history-routes.ts';
import { liveDocumentOf, type LiveParts } from './live-document.ts';

/** The built pages, beside the bundled program. */
export const PAGES = fileURLToPath(new URL('../console/', import.meta.url));

export class DaemonConsole implements ConsoleAnswers {
  liveText = '{}';
  readonly history: HistoryAnswers;
  private readonly parts: LiveParts;

  constructor(parts: LiveParts) {
    this.parts = parts;
    const { client } = parts.history;
    this.history = {
      chart: (query) => client.ask({ what: 'chart', query }),
      changes: (query) => client.ask({ what: 'changes', query }),
    };
  }

  /** To be called about once a second, and when something has happened that must show at once. */
  tick(): void {
    this.liveText = JSON.stringify(liveDocumentOf(this.parts));
  }
}
