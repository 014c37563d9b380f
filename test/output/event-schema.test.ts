/** The published schema of events is the one that types and columns come from, and it is strict. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENTS, eventsSchema, SCHEMA_ID } from '../../src/output/event/schema/event-schema.ts';

const FILE = new URL('../../deploy/reference/events.schema.json', import.meta.url);

function written(): string {
  return `${JSON.stringify(eventsSchema(), null, 2)}\n`;
}

// npm run schema
if (process.env.SCHEMA === 'write') writeFileSync(FILE, written());

interface Part {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly additionalProperties?: unknown;
  readonly items?: Part;
  readonly anyOf?: readonly Part[];
}

/** Places of objects that allow fields without a name in the schema. */
function openPlaces(part: Part, place: string): string[] {
  const { properties = {}, additionalProperties, items, anyOf = [] } = part;
  const own = part.type === 'object' && additionalProperties !== false ? [place] : [];
  return [
    ...own,
    ...Object.entries(properties).flatMap(([name, field]) => openPlaces(field, `${place}.${name}`)),
    ...anyOf.flatMap((choice) => openPlaces(choice, place)),
    ...(items === undefined ? [] : openPlaces(items, `${place}[]`)),
  ];
}

describe('the schema of events', () => {
  it('is the committed file: npm run schema writes it again', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(written());
  });

  it('has an id with its version, and every event', () => {
    const schema = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, unknown>;
    expect(schema.$id).toBe(SCHEMA_ID);
    expect(SCHEMA_ID).toMatch(/^urn:sluice:events:\d+\.\d+$/);
    expect(Object.keys(schema.$defs as object)).toEqual(Object.keys(EVENTS));
  });

  it('allows fields that it does not name only where names are data', () => {
    const { $defs } = JSON.parse(readFileSync(FILE, 'utf8')) as { $defs: Record<string, Part> };
    expect(Object.entries($defs).flatMap(([type, part]) => openPlaces(part, type))).toEqual([
      'reload.reload.change.figures.lost_by_sector',
      'reload.reload.change.figures.actions',
      'reload.reload.change.figures.hits_by_rule',
      'calendar.calendar.figures.lost_by_sector',
      'calendar.calendar.figures.actions',
      'calendar.calendar.figures.hits_by_rule',
      'stats.stats.not_decoded',
      'stats.stats.capture.dropped',
      'stats.stats.capture.files',
      'shadow.shadow.since_began.actions',
      'shadow.shadow.last_hour.actions',
      'shadow.shadow.last_hour.hits_by_rule',
    ]);
  });
});
