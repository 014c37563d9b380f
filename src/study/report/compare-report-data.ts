/** What a report of a comparison is made from: the JSON of the same command. Its names are an interface for users. */
import { type ComparisonFields, intervalJson } from '../compare/comparison-json.ts';
import type { ComparisonTotals } from '../compare/comparison-totals.ts';

/** Intervals of the time line at most, and registrations that are listed for a pair. */
const TIME_ROWS = 48;
const LISTED = 20;

/** What a report shows beyond the comparison: the key `report` of its JSON. */
export type CompareReportFigures = ReturnType<typeof compareFigures>;

export type CompareReportData = ComparisonFields & { readonly report: CompareReportFigures };

export function compareFigures({ comparison, rules, showsHolders }: ComparisonTotals) {
  return {
    time_line: comparison.timeLine.intervals(TIME_ROWS).map((interval) => intervalJson(interval, rules)),
    /** By pair: the flows that change, and their clients, by one property each. */
    changed: comparison.pairs.map(({ groups }) => ({
      action: groups?.groups('action') ?? [],
      protocol: groups?.groups('protocol') ?? [],
      stage: groups?.groups('stage') ?? [],
      sector: groups?.groups('sector') ?? [],
    })),
    /** By pair; null where holders are hidden. */
    newly_hit_registrations: comparison.pairs.map(({ holders }) => {
      if (!showsHolders) return null;
      const most = [...holders.values()].sort((a, b) => b.flows - a.flows).slice(0, LISTED);
      return most.map(({ registration: { holder, prefix, sector }, isDeregistered, flows }) => ({
        holder,
        prefix,
        sector,
        deregistered: isDeregistered,
        flows,
      }));
    }),
  };
}
