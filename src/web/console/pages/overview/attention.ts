/** What needs the attention of an operator now, each with the page that shows more. */
import type { LiveDocument } from '../../../api/live-schema.ts';
import type { Severity } from '../../component/severity.ts';
import { count } from '../../format/number-format.ts';
import { problemIn } from '../../format/refusal-words.ts';
import { zonedTime } from '../../format/time-format.ts';
import { text } from '../../text/catalogue.ts';

export interface Attention {
  readonly severity: Severity;
  readonly text: string;
  readonly details: readonly string[];
  readonly to: string;
  readonly page: string;
}

const { overview: words } = text;
const RULES = { to: '/rules', page: words.see.rules };
const HEALTH = { to: '/health', page: words.see.health };

/** `historyProblem`: why the history did not answer; null if it did. */
export function attentionOf(live: LiveDocument, historyProblem: string | null): Attention[] {
  const { source, refused, calendar, counts, history, zone } = live;
  const found: Attention[] = [];
  const add = (
    severity: Severity,
    words: string,
    page: { to: string; page: string },
    details: readonly string[] = [],
  ) => found.push({ severity, text: words, details, ...page });
  if (source.problem !== null) add('critical', words.source(sentence(problemIn(source)!)), HEALTH);
  if (calendar.held_ms !== null) add('critical', words.held(zonedTime(calendar.held_ms, zone)), RULES);
  if (refused !== null) add('warning', words.refused, RULES, refused.reasons.map(text.change.reason));
  if (calendar.ahead_ms.length > 0) add('warning', words.ahead(calendar.ahead_ms.length), RULES);
  if (history.problem !== null) add('warning', words.history(sentence(problemIn(history)!)), HEALTH);
  else if (historyProblem !== null) add('warning', words.historyUnread(sentence(historyProblem)), HEALTH);
  if (history.set_aside !== null) add('warning', words.historySetAside, HEALTH);
  if (counts.lost_lines > 0) add('warning', words.linesLost(count(counts.lost_lines)), HEALTH);
  return found;
}

function sentence(problem: string): string {
  return problem.endsWith('.') ? problem : `${problem}.`;
}
