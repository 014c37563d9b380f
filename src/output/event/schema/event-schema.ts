/** Every event by its `event_type`, and the published JSON Schema of all (deploy/reference/events.schema.json). */
import * as z from 'zod/mini';
import {
  actionEvent,
  breakerEvent,
  calendarEvent,
  gapEvent,
  harmEvent,
  reloadEvent,
  statsEvent,
} from './daemon-schema.ts';
import { changeEvent, decisionEvent, flowEvent } from './flow-schema.ts';
import { shadowEvent } from './shadow-schema.ts';

/**
 * The second number grows where fields or names are added. The first grows where a field is removed, or its type or
 * meaning changes.
 */
export const SCHEMA_VERSION = '1.0';
export const SCHEMA_ID = `urn:sluice:events:${SCHEMA_VERSION}`;

export const EVENTS = {
  decision: decisionEvent,
  flow: flowEvent,
  change: changeEvent,
  breaker: breakerEvent,
  harm: harmEvent,
  reload: reloadEvent,
  calendar: calendarEvent,
  gap: gapEvent,
  action: actionEvent,
  stats: statsEvent,
  shadow: shadowEvent,
};
export type EventType = keyof typeof EVENTS;

/** The part of JSON Schema that describes events. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly maximum?: number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

/** The JSON Schema of one event, without references. */
export function schemaOf(type: EventType): JsonSchema {
  return jsonSchemaOf(EVENTS[type]);
}

/** The JSON Schema of every event. */
export function eventsSchema(): object {
  const kinds = Object.entries(EVENTS).map(([type, event]) => [type, jsonSchemaOf(event)] as const);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: SCHEMA_ID,
    title: `Events of Sluice, version ${SCHEMA_VERSION}`,
    oneOf: kinds.map(([type]) => ({ $ref: `#/$defs/${type}` })),
    $defs: Object.fromEntries(kinds),
  };
}

function jsonSchemaOf(event: z.ZodMiniType): object {
  const schema = z.toJSONSchema(event, {
    override: ({ jsonSchema }) => {
      // A limit of the numbers of JavaScript is no limit of the field; an empty description says nothing.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.description === '') delete jsonSchema.description;
      delete jsonSchema.readOnly;
    },
  });
  delete schema.$schema;
  return schema;
}
