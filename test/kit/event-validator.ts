/** Validates events by the published JSON Schema, with Ajv, which knows nothing of the program. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

export const SCHEMA_FILE = new URL('../../deploy/reference/events.schema.json', import.meta.url);

interface EventsSchema {
  readonly $id: string;
  readonly $defs: Readonly<Record<string, object>>;
}

export const eventsSchema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as EventsSchema;

const ajv = new Ajv2020({ strict: true, formats: { 'date-time': true } });
const any = ajv.compile(eventsSchema);
const byType = new Map<string, ValidateFunction>();
for (const type of Object.keys(eventsSchema.$defs))
  byType.set(type, ajv.compile({ $ref: `${eventsSchema.$id}#/$defs/${type}` }));

/** What is wrong with an event; empty if it is valid. */
export function problemsOf(event: Readonly<Record<string, unknown>>): string[] {
  const validate = byType.get(String(event.event_type));
  if (validate === undefined) return [`no event_type ${String(event.event_type)}`];
  if (validate(event)) return any(event) ? [] : ['valid by its own part of the schema, and not by the whole'];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
}
