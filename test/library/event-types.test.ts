/** The library's types of events are those of the schema: the compiler compares them, and the schema has the names. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Action, DecisionEvent, Finding, FlowEvent, Mode } from '../../src/library/events.ts';
import { schemaOf } from '../../src/output/event/schema/event-schema.ts';
import type * as fields from '../../src/output/event/event-fields.ts';
import type { EventOrigin } from '../../src/output/event/event-origin.ts';

interface Part {
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Part>>;
}

/** All texts as `string`: the library names some values, the schema's type does not. */
type Widened<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Widened<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Widened<Exclude<T[Key], undefined>> }
      : T;

/** A session has no origin, and no line numbers. */
type Documented<T> = Widened<Omit<T, keyof EventOrigin | 'seq'>>;

describe('the types of events', () => {
  it('are those of the schema', () => {
    expectTypeOf<Widened<DecisionEvent>>().toEqualTypeOf<Documented<fields.DecisionEvent>>();
    expectTypeOf<Widened<FlowEvent>>().toEqualTypeOf<Documented<fields.FlowEvent>>();
  });

  const is = true as const;
  const action: Record<Action, true> = { allow: is, throttle: is, block: is };
  const mode: Record<Mode, true> = { observe: is, enforce: is };
  const protocol: Record<Finding['protocol'], true> = { wireguard: is, openvpn: is, ipsec: is };
  const stage: Record<Finding['stage'], true> = { suspected: is, confirmed: is };
  const proto: Record<FlowEvent['proto'], true> = { UDP: is, TCP: is, ESP: is, AH: is };
  const reason: Record<FlowEvent['flow']['reason'], true> = { timeout: is, closed: is, evicted: is, shutdown: is };

  it.each<[string, object, readonly string[]]>([
    ['action', action, ['decision', 'action']],
    ['mode', mode, ['decision', 'mode']],
    ['protocol', protocol, ['vpn', 'protocol']],
    ['stage', stage, ['vpn', 'stage']],
    ['transport', proto, ['proto']],
    ['end of a flow', reason, ['flow', 'reason']],
  ])('name every %s of the schema', (_, names, place) => {
    let part: Part | undefined = schemaOf('flow');
    for (const field of place) part = part?.properties?.[field];
    expect(Object.keys(names).sort()).toEqual([...(part?.enum ?? [])].sort());
  });
});
