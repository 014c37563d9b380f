/** The words of a series' name, which depends on what a chart is split by. */
import type { Split } from '../../../history/query/chart-query.ts';
import { text } from '../text/catalogue.ts';

const { terms, chart } = text;
const WORDS: Partial<Record<Split, Readonly<Record<string, string>>>> = {
  action: terms.actions,
  stage: terms.stages,
  mode: terms.modes,
  protocol: terms.protocols,
  registered: terms.registered,
  sector: terms.sectors,
  outcome: terms.harmOutcomes,
  kind: terms.harmKinds,
};

/** `total`: the name of a chart's only series. */
export function seriesName(name: string, by: Split | undefined, total: string): string {
  if (by === undefined) return total;
  return WORDS[by]?.[name] ?? (name === '' ? chart.none : name);
}
