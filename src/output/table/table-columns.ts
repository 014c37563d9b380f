/**
 * The columns of a table of events, derived from the event's schema: one for each field that is no object, in the order
 * of the schema. The name joins the names on the way to the field with `_`. A list is a JSON text.
 */
import { type EventType, type JsonSchema, schemaOf } from '../event/schema/event-schema.ts';

export type ColumnType = 'string' | 'json' | 'time' | 'boolean' | 'int32' | 'int64' | 'double';

export interface Column {
  readonly name: string;
  /** Names of the fields from the event down. */
  readonly path: readonly string[];
  readonly type: ColumnType;
  /** The field may be absent or null. */
  readonly isNullable: boolean;
}

/** Only logs of the daemon number their lines, and they are no tables. */
const LINE_NUMBER = 'seq';
const LARGEST_INT32 = 0x7fffffff;

export function columnsOf(type: EventType): readonly Column[] {
  return columnsBelow(schemaOf(type), [], false).filter(({ name }) => name !== LINE_NUMBER);
}

function columnsBelow(schema: JsonSchema, path: readonly string[], isNullable: boolean): Column[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, field]) => {
    const value = field.anyOf?.find((choice) => choice.type !== 'null') ?? field;
    const below = [...path, name];
    const isOptional = isNullable || value !== field || !required.includes(name);
    if (value.properties !== undefined) return columnsBelow(value, below, isOptional);
    return [{ name: below.join('_'), path: below, type: columnType(value), isNullable: isOptional }];
  });
}

function columnType({ type, format, maximum = Infinity }: JsonSchema): ColumnType {
  switch (type) {
    case 'string':
      return format === 'date-time' ? 'time' : 'string';
    case 'integer':
      return maximum <= LARGEST_INT32 ? 'int32' : 'int64';
    case 'number':
      return 'double';
    case 'boolean':
      return 'boolean';
    default:
      return 'json';
  }
}

/** The field of an event; null if it is absent. */
export function fieldOf(event: object, { path }: Column): unknown {
  let value: unknown = event;
  for (const name of path) {
    if (value === null || value === undefined) return null;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value ?? null;
}
