/** The host has the codes, limits and places of the compiled dataplane: every one, under the same name, with the same number. */
import { describe, expect, it } from 'vitest';
import { Flaw } from '../../src/capture/format/record-flaw.ts';
import { Protocol } from '../../src/core/protocol.ts';
import { FlowEnd } from '../../src/dataplane/host/counters.ts';
import { Check } from '../../src/dataplane/host/checks.ts';
import { Stage, Variant } from '../../src/dataplane/host/finding.ts';
import { UNCLAIMED_LIMIT, UNDECIDED_LIMIT } from '../../src/dataplane/host/traced-look.ts';
import { FingerprintId } from '../../src/dataplane/host/holder.ts';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { Shortfall } from '../../src/dataplane/host/shortfall.ts';
import { Verdict } from '../../src/dataplane/host/verdict.ts';
import { FlowDetail, FlowFlag, FlowWord } from '../../src/dataplane/host/flow-row.ts';
import { EventKind } from '../../src/dataplane/host/flow-event.ts';
import { TraceKind } from '../../src/dataplane/host/traced-look.ts';
import { DecodeStatus, WAITS } from '../../src/dataplane/host/decode-status.ts';
import { LinkType } from '../../src/dataplane/wire/link-type.ts';
import { Encapsulation, Fragment, Transport } from '../../src/dataplane/host/packet-codes.ts';
import { compiled } from './compiled.ts';

type Codes = Readonly<Record<string, number>>;

const HOST: Readonly<Record<string, Codes>> = {
  Check,
  DecodeStatus,
  Encapsulation,
  EventKind,
  FingerprintId,
  Flaw,
  FlowEnd,
  FlowFlag,
  Fragment,
  Framing,
  LinkType,
  Protocol,
  Shortfall,
  Stage,
  TraceKind,
  Transport,
  Variant,
  Verdict,
};

const { exports } = await compiled<never>('codes');
/** Constants that the compiled code exports; a member of an enum as `Enum.MEMBER`. */
const constants = Object.entries(exports as Readonly<Record<string, object>>)
  .filter((entry): entry is [string, { value: number }] => 'value' in entry[1])
  .map(([name, { value }]) => [name, value] as const);

/** Those whose names begin so, without that. */
function compiledCodes(prefix: string): Codes {
  const own = constants.filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Words of 32 bits as bytes. */
const inBytes = (places: Codes): Codes =>
  Object.fromEntries(Object.entries(places).map(([name, word]) => [name, 4 * word]));

describe('codes', () => {
  it.each(Object.entries(HOST))('of %s are the same', (name, codes) => {
    expect(codes).toEqual(compiledCodes(`${name}.`));
  });

  it('are compared for every enum that the entry exports', () => {
    const enums = constants.filter(([name]) => name.includes('.')).map(([name]) => name.slice(0, name.indexOf('.')));
    expect([...new Set(enums)].sort()).toEqual(Object.keys(HOST).sort());
  });
});

it('limits that explain names are the same', () => {
  const { UNCLAIMED_LIMIT: unclaimed, UNDECIDED_LIMIT: undecided, WAITS: waits } = compiledCodes('');
  expect([unclaimed, undecided, waits]).toEqual([UNCLAIMED_LIMIT, UNDECIDED_LIMIT, WAITS]);
});

it('places in the row of a flow, and in its details, are the same', () => {
  expect(inBytes(FlowWord)).toEqual(compiledCodes('ROW_'));
  expect(inBytes(FlowDetail)).toEqual(compiledCodes('DETAIL_'));
});
