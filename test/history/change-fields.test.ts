/** Texts and fields of changes, in which no address is kept. */
import { describe, expect, it } from 'vitest';
import { changeFields, NO_ADDRESS, withoutAddressText } from '../../src/history/collect/change-fields.ts';

describe('a text of a change', () => {
  it.each([
    ['client 192.0.2.1', `client ${NO_ADDRESS}`],
    ['client 192.0.2.1: hit', `client ${NO_ADDRESS}: hit`],
    ['from 192.0.2.1:51820 on', `from ${NO_ADDRESS} on`],
    ['address:192.0.2.1', `address:${NO_ADDRESS}`],
    ['see 192.0.2.1.', `see ${NO_ADDRESS}.`],
    ['198.51.100.0/24 is gone', `${NO_ADDRESS} is gone`],
    ['2001:db8::1, fe80::1%eth0', `${NO_ADDRESS}, ${NO_ADDRESS}`],
    ['2001:db8::/32: gone', `${NO_ADDRESS}: gone`],
  ])('%s is kept as %s', (text, kept) => {
    expect(withoutAddressText(text)).toBe(kept);
  });

  it.each(['at 18:05:30', 'version 1.2.3', 'deadbeef', 'rules.yaml:4:12', '10 of 12 clients'])(
    '%s has no address, and is kept as it is',
    (text) => {
      expect(withoutAddressText(text)).toBe(text);
    },
  );
});

describe('the fields of a change', () => {
  it('name no flow and no client at any depth', () => {
    const event = {
      result: 'ok',
      trip: { sources: ['192.0.2.1'], rule: 'cut', texts: ['from 192.0.2.9'] },
      src_ip: 'x',
    };
    expect(changeFields(event)).toEqual({ result: 'ok', trip: { rule: 'cut', texts: [`from ${NO_ADDRESS}`] } });
  });
});
