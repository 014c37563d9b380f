/** Harm: registered hits, by why they count and by what came of them. */
import { HIT_KIND_NAMES, HIT_OUTCOME_NAMES } from '../../decision/registered-hits.ts';
import { fact, known } from './monitored-section.ts';
import type { ReportContext } from './report-context.ts';
import type { ReportSection } from './report-document.ts';
import { sumOf } from './sums.ts';

export const KIND_TITLES: Readonly<Record<string, string>> = {
  in_force: 'a registration was in force, and no rule means the hit',
  on_purpose: 'a registration was in force, and the rule means the hit',
  other_protocol: 'a registration covers the address, but not the protocol',
};
export const OUTCOME_TITLES: Readonly<Record<string, string>> = {
  would: 'would have been hit (mode observe)',
  prevented: 'prevented by the breaker',
  done: 'done (mode enforce)',
};
export const HARM_TEXT =
  'A registered hit is a throttle or block that was decided for a flow although a registration ' +
  'covers one of its ends, or its tunnel. It is counted in both modes. A hit that a rule means ' +
  '(hits_registered) is listed apart, and is not counted as harm.';

/** Hits of a kind, and of an outcome where one is named. */
export function hitsOf(context: ReportContext, kind: string, outcome?: string): number {
  return sumOf(context.figures.harm, (row) =>
    row.kind === kind && (outcome === undefined || row.outcome === outcome) ? row.count : 0,
  );
}

export function harmSection(context: ReportContext): ReportSection {
  const outcomes = HIT_OUTCOME_NAMES.slice(1);
  return {
    id: 'harm',
    title: 'Harm to registered users',
    text: [HARM_TEXT],
    facts: [
      fact(
        'registered_hits',
        'Registered hits that no rule means',
        known(context, hitsOf(context, 'in_force')),
        'count',
      ),
      ...outcomes.map((outcome) =>
        fact(
          `registered_hits_${outcome}`,
          `of these, ${OUTCOME_TITLES[outcome]!}`,
          known(context, hitsOf(context, 'in_force', outcome)),
          'count',
        ),
      ),
    ],
    tables: [
      {
        id: 'registered-hits',
        title: 'Registered hits, by why they count and by what came of them',
        columns: [
          { name: 'why it counts', unit: 'text' },
          ...outcomes.map((outcome) => ({ name: OUTCOME_TITLES[outcome]!, unit: 'count' as const })),
        ],
        rows: HIT_KIND_NAMES.slice(1).map((kind) => [
          KIND_TITLES[kind]!,
          ...outcomes.map((outcome) => known(context, hitsOf(context, kind, outcome))),
        ]),
        drawn: [],
      },
    ],
    remarks: [],
  };
}
