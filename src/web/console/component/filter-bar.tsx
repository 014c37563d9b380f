/** Filters that live in the address: a link shows the same view, and the way back undoes a choice. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { changeQuery, type Place } from '../shell/router.ts';
import { text } from '../text/catalogue.ts';

export interface FilterField {
  /** Its key in the address's query. */
  readonly name: string;
  readonly label: string;
  /** Choices with their words; a field without any takes text. */
  readonly options?: readonly (readonly [value: string, words: string])[];
  readonly placeholder?: string;
}

const PAUSE_MS = 350;

/** `clears`: keys of the query that end with a change, like the place in a list. */
export function FilterBar({
  fields,
  place,
  clears = [],
}: {
  fields: readonly FilterField[];
  place: Place;
  clears?: readonly string[];
}) {
  const cleared = Object.fromEntries(clears.map((name) => [name, null]));
  const isSet = fields.some(({ name }) => place.query.has(name));
  const set = (name: string, value: string): void => {
    changeQuery({ ...cleared, [name]: value }, fields.find((field) => field.name === name)?.options !== undefined);
  };
  return (
    <>
      <ChosenFilters fields={fields} place={place} />
      <form
        class="filters"
        role="search"
        aria-label={text.component.filters}
        onSubmit={(event) => {
          event.preventDefault();
        }}
      >
        {fields.map((field) => (
          <Field key={field.name} field={field} value={place.query.get(field.name) ?? ''} set={set} />
        ))}
        <div class="end">
          <button
            type="button"
            disabled={!isSet}
            onClick={() => {
              changeQuery({ ...cleared, ...Object.fromEntries(fields.map(({ name }) => [name, null])) });
            }}
          >
            {text.component.reset}
          </button>
        </div>
      </form>
    </>
  );
}

/** On paper: the filters that are set, in words. */
function ChosenFilters({ fields, place }: { fields: readonly FilterField[]; place: Place }) {
  const chosen = fields.flatMap(({ name, label, options }) => {
    const value = place.query.get(name) ?? '';
    if (value === '') return [];
    const words = options === undefined ? value : shownOptions(options, value).find(([option]) => option === value)![1];
    return [text.component.filter(label, words)];
  });
  if (chosen.length === 0) return null;
  return <p class="paper-only">{chosen.join('; ')}</p>;
}

interface FieldProps {
  readonly field: FilterField;
  readonly value: string;
  readonly set: (name: string, value: string) => void;
}

function Field({ field, value, set }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{field.label}</label>
      {field.options === undefined ? (
        <TextField id={id} field={field} value={value} set={set} />
      ) : (
        <select
          id={id}
          value={value}
          onChange={({ currentTarget }) => {
            set(field.name, currentTarget.value);
          }}
        >
          <option value="">{text.component.any}</option>
          {shownOptions(field.options, value).map(([option, words]) => (
            <option key={option} value={option}>
              {words}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

/** The choices, and several of them at once where the address names these. */
function shownOptions(
  options: NonNullable<FilterField['options']>,
  value: string,
): NonNullable<FilterField['options']> {
  if (value === '' || options.some(([option]) => option === value)) return options;
  const words = value.split(',').map((name) => options.find(([option]) => option === name)?.[1] ?? name);
  return [...options, [value, words.join(', ')]];
}

/** The address follows after a pause, so that not each letter is a question. */
function TextField({ id, field: { name, placeholder }, value, set }: FieldProps & { id: string }) {
  const [written, setWritten] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    setWritten(value);
    return () => {
      clearTimeout(timer.current);
    };
  }, [value]);
  const take = (typed: string): void => {
    clearTimeout(timer.current);
    if (typed.trim() !== value) set(name, typed.trim());
  };
  return (
    <input
      id={id}
      type="search"
      value={written}
      placeholder={placeholder}
      autocomplete="off"
      spellcheck={false}
      onInput={({ currentTarget }) => {
        const typed = currentTarget.value;
        setWritten(typed);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => {
          take(typed);
        }, PAUSE_MS);
      }}
      onChange={({ currentTarget }) => {
        // At once: the click that ended the writing may be that on Reset.
        take(currentTarget.value);
      }}
    />
  );
}
