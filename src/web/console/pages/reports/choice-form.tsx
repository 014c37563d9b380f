/** The choice of a report. It is in the address, so that a link shows the same one. */
import { useId } from 'preact/hooks';
import { REPORT_AUDIENCES } from '../../../../history/report/report-audience.ts';
import { FilterBar } from '../../component/filter-bar.tsx';
import { changeQuery, type Place } from '../../shell/router.ts';
import { text } from '../../text/catalogue.ts';
import { CHOICE_KINDS, PUBLIC_KINDS, type ReportChoice, SCOPE_NAMES } from './report-choice.ts';

const words = text.reports;

export function ChoiceForm({ choice, place, nowS }: { choice: ReportChoice; place: Place; nowS: number }) {
  const { kind, period, periods, audience } = choice;
  const isPublic = audience === 'public';
  const kinds = isPublic ? CHOICE_KINDS.filter((one) => PUBLIC_KINDS.includes(one)) : CHOICE_KINDS;
  return (
    <>
      <div class="filters">
        <Choice
          label={words.audience}
          value={audience}
          options={REPORT_AUDIENCES.map((name) => [name, words.audiences[name]!])}
          choose={(value) => {
            changeQuery({ audience: value });
          }}
        />
        <Choice
          label={words.period}
          value={kind}
          options={kinds.map((name) => [name, words.kinds[name]!])}
          choose={(value) => {
            changeQuery({ kind: value, period: null });
          }}
        />
        {period !== null && (
          <Choice
            label={words.which}
            value={period}
            options={periods.map(({ name, to }) => [name, to > nowS ? words.now(name) : name])}
            choose={(value) => {
              changeQuery({ period: value, kind: null });
            }}
          />
        )}
      </div>
      {!isPublic && (
        <FilterBar
          place={place}
          fields={SCOPE_NAMES.map((name) => ({ name, label: words[name], placeholder: words.all }))}
        />
      )}
      <p class="muted small">{words.about[audience]}</p>
    </>
  );
}

function Choice({
  label,
  value,
  options,
  choose,
}: {
  label: string;
  value: string;
  options: readonly (readonly [value: string, words: string])[];
  choose: (value: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={({ currentTarget }) => {
          choose(currentTarget.value);
        }}
      >
        {options.map(([option, shown]) => (
          <option key={option} value={option}>
            {shown}
          </option>
        ))}
      </select>
    </div>
  );
}
