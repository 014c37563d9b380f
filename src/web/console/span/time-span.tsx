/**
 * The control for the span of time that a page shows: named spans, a beginning and an end, and steps. It is in the
 * address.
 */
import { useId, useState } from 'preact/hooks';
import { Sign } from '../component/sign.tsx';
import { time, zoneName } from '../format/time-format.ts';
import { changeQuery } from '../shell/router.ts';
import { text } from '../text/catalogue.ts';
import { endOf, type PageTime, SPAN_NAMES, type SpanChoice, spanAddress, stepped } from './span-choice.ts';
import { localText, timeOfLocal } from './zone-time.ts';

const words = text.component.span;

export function TimeSpan({ span, live }: { span: SpanChoice; live: PageTime }) {
  const before = stepped(span, -1);
  const after = stepped(span, 1);
  return (
    <fieldset class="span">
      <legend class="hidden-text">{words.name}</legend>
      <div class="choices">
        {SPAN_NAMES.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={span.name === name}
            title={name === 'all' ? words.everything : words.last(words[name].toLowerCase())}
            onClick={() => {
              changeQuery({ span: name, from: null, to: null });
            }}
          >
            {words[name]}
          </button>
        ))}
      </div>
      <div class="choices">
        <Step name="earlier" span={before} />
        <Step name="later" span={after !== null && after.from! < endOf(live) ? after : null} />
      </div>
      <Limits key={`${span.from ?? ''} ${span.to ?? ''}`} span={span} zone={live.zone} />
    </fieldset>
  );
}

/** What a span is, in words with the zone. */
export function spanWords({ name, from, to }: SpanChoice, zone: string): string {
  if (name === 'all') return words.everything;
  if (name !== null) return words.last(words[name].toLowerCase());
  return `${words.chosen(time(from! * 1000, zone), time(to! * 1000, zone))} ${zoneName(zone)}`;
}

function Step({ name, span }: { name: 'earlier' | 'later'; span: SpanChoice | null }) {
  return (
    <button
      type="button"
      disabled={span === null}
      aria-label={words[name]}
      title={words[name]}
      onClick={() => {
        if (span !== null) changeQuery(spanAddress(span));
      }}
    >
      <Sign name={name} />
    </button>
  );
}

/** The fields take minutes in the site's zone, which their labels name. */
function Limits({ span, zone }: { span: SpanChoice; zone: string }) {
  const written = (value: number | null): string => (value === null ? '' : localText(value, zone));
  const [from, setFrom] = useState(written(span.from));
  const [to, setTo] = useState(written(span.to));
  const [isWrong, setWrong] = useState(false);
  const id = useId();
  const show = (event: Event): void => {
    event.preventDefault();
    const [begin, end] = [timeOfLocal(from, zone), timeOfLocal(to, zone)];
    const isRight = begin !== null && end !== null && begin < end;
    setWrong(!isRight);
    if (isRight) changeQuery(spanAddress({ name: null, from: begin, to: end }));
  };
  const field = (name: string, value: string, set: (value: string) => void) => (
    <div class="field">
      <label for={`${id}${name}`}>
        {name} <span class="small">({zoneName(zone)})</span>
      </label>
      <input
        id={`${id}${name}`}
        type="datetime-local"
        value={value}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? `${id}wrong` : undefined}
        onInput={({ currentTarget }) => {
          set(currentTarget.value);
        }}
      />
    </div>
  );
  return (
    <form class="span" onSubmit={show}>
      {field(words.from, from, setFrom)}
      {field(words.to, to, setTo)}
      <button type="submit">{words.show}</button>
      {isWrong && (
        <p class="bad small" id={`${id}wrong`} role="alert">
          {words.wrong}
        </p>
      )}
    </form>
  );
}
