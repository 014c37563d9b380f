/** The host has the codes, limits and places of the compiled dataplane: every one, under the same name, with the same number. */
import { describe, expect, it } from 'vitest';
import { Flaw } from '../../src/capture/format/record-flaw.ts';
import { Protocol } from '../../src/core/protocol.ts';
import { FlowEnd } from '../../src/dataplane/host/flow-end.ts';
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
import { Encapsulation, Fragment, Transport } from '../../src/dataplane/host/packet-codes.ts';
import { type Codes, compiledCodes, constants } from './compiled-codes.ts';

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
  Protocol,
  Shortfall,
  Stage,
  TraceKind,
  Transport,
  Variant,
  Verdict,
};

/** Words of 32 bits as bytes. */
const inBytes = (places: Codes): Codes =>
  Object.fromEntries(Object.entries(places).map(([name, word]) => [name, 4 * word]));

describe('codes', () => {
  it.each(Object.entries(HOST))('of %s are the same', (name, codes) => {
    expect(codes).toEqual(compiledCodes(`${name}.`));
  });

  it('are compared for every enum that the entry exports', () => {
    const enums = constants.filter(([name]) => name.includes('.')).map(([name]) => name.slice(0, name.indexOf('.')));
    // The host has names of link types, not codes: test/wire/link-type-names.test.ts.
    const compared = [...Object.keys(HOST), 'LinkType'];
    expect([...new Set(enums)].sort()).toEqual(compared.sort());
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
