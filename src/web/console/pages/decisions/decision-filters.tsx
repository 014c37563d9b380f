/** The filters of recent decisions: the usual ones, and the others behind a line that opens. */
import type { FilterField } from '../../component/filter-bar.tsx';
import { FilterBar } from '../../component/filter-bar.tsx';
import type { Place } from '../../shell/router.ts';
import { text } from '../../text/catalogue.ts';

const words = text.decisions;
const { fields, placeholders } = words;

type Options = NonNullable<FilterField['options']>;

function optionsOf(names: Readonly<Record<string, string>>): Options {
  return Object.entries(names).filter(([name]) => name !== '');
}

/** `isHidden`: addresses are hidden. */
function usual(isHidden: boolean): FilterField[] {
  return [
    { name: 'action', label: fields.action, options: optionsOf(text.terms.actions) },
    { name: 'protocol', label: fields.protocol, options: optionsOf(text.terms.protocols) },
    { name: 'stage', label: fields.stage, options: optionsOf(text.terms.stages) },
    { name: 'registered', label: fields.registered, options: optionsOf(text.terms.registered) },
    { name: 'rule', label: fields.rule, placeholder: placeholders.rule },
    { name: 'prefix', label: isHidden ? fields.hiddenPrefix : fields.prefix, placeholder: placeholders.prefix },
  ];
}

function others(isHidden: boolean): FilterField[] {
  return [
    { name: 'sector', label: fields.sector, options: optionsOf(text.terms.sectors) },
    { name: 'q', label: isHidden ? fields.hiddenQ : fields.q },
    { name: 'port', label: fields.port, placeholder: placeholders.port },
    { name: 'variant', label: fields.variant },
    {
      name: 'previous',
      label: fields.previous,
      options: [...optionsOf(text.terms.actions), ['none', words.firstDecision]],
    },
    { name: 'reason', label: fields.reason, options: optionsOf(words.reasons) },
    { name: 'mode', label: fields.mode, options: optionsOf(text.terms.modes) },
    {
      name: 'held',
      label: fields.held,
      options: [
        ['yes', words.yes],
        ['no', words.no],
      ],
    },
    { name: 'tunnel_id', label: fields.tunnel, placeholder: placeholders.id },
    { name: 'flow_id', label: fields.flow, placeholder: placeholders.id },
    { name: 'community_id', label: fields.community, placeholder: placeholders.community },
  ];
}

/** Keys of the address that the API takes as they are. */
export const FILTERS: readonly string[] = [...usual(false), ...others(false)].map(({ name }) => name);

export function DecisionFilters({ place, isHidden }: { place: Place; isHidden: boolean }) {
  const more = others(isHidden);
  const isMoreUsed = more.some(({ name }) => place.query.has(name));
  return (
    <>
      <FilterBar fields={usual(isHidden)} place={place} />
      <details class="more-filters" open={isMoreUsed}>
        <summary>{words.more}</summary>
        <FilterBar fields={more} place={place} />
      </details>
    </>
  );
}
