/** lookup, run as a command. */
import { describe, expect, it } from 'vitest';
import { sluice } from './sluice.ts';

describe('lookup', () => {
  it('shows what covers an address, and which of it counts', async () => {
    const { code, stdout, stderr } = await sluice([
      'lookup',
      '198.51.100.34',
      '10.9.9.9',
      '--at',
      '2024-11-10T18:00:00Z',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      '198.51.100.34 at 2024-11-10T18:00:00.000000Z',
      '  198.51.100.34/32  Example Technical University Hospital (university), OW-2022-00719, line 7: counts',
      '  198.51.100.32/28  Example Technical University (university), OW-2020-00105, line 6: in force too; a more specific or an earlier one counts',
      '10.9.9.9 at 2024-11-10T18:00:00.000000Z',
      '  not registered: no registration covers it',
      '',
    ]);
  });

  it.each([
    ['2024-06-30', [], 'counts'],
    ['2024-07-01', [], 'expired, valid until 2024-07-01'],
    ['2023-06-30T23:59:59Z', [], 'not valid before 2023-07-01'],
    ['2024-06-30', ['--protocol', 'ipsec'], 'for openvpn only, not ipsec'],
  ])('at %s %j: %s', async (at, flags, standing) => {
    const { code, stdout } = await sluice(['lookup', '198.51.100.54', '--at', at, ...flags]);
    expect(code).toBe(0);
    expect(stdout).toContain(standing);
    expect(stdout.includes('not registered')).toBe(standing !== 'counts');
  });

  it('takes IPv6, and asks for now where no time is given', async () => {
    const { stdout } = await sluice(['lookup', '2001:db8:100:10::1']);
    expect(stdout).toMatch(/^2001:db8:100:10::1 at 20\d\d-/);
    expect(stdout).toContain('Meridian Example Bank Treasury');
  });

  it('shows what lies around and inside a prefix', async () => {
    const { code, stdout } = await sluice(['lookup', '2001:db8:100::/56', '198.51.100.48/28', '--at', '2024-07-01']);
    expect([code, stdout.split('\n')]).toEqual([
      0,
      [
        '2001:db8:100::/56 at 2024-07-01T00:00:00.000000Z',
        '  covered by, 1 registration:',
        '    2001:db8:100::/48  Meridian Example Bank (bank), OW-2022-00230, line 31: in force',
        '  inside it, 1 registration:',
        '    2001:db8:100:10::/64  Meridian Example Bank Treasury (bank), OW-2023-00255, line 32: in force',
        '198.51.100.48/28 at 2024-07-01T00:00:00.000000Z',
        '  inside it, 5 registrations:',
        '    198.51.100.48/30  Larkspur Example Call Centre (call-centre), OW-2023-00207, line 8: in force',
        '    198.51.100.52/32  Freelance developer 52 (freelancer), OW-2024-00031, line 9: in force',
        '    198.51.100.53/32  Freelance designer 53 (freelancer), OW-2024-00058, line 10: in force',
        '    198.51.100.54/32  Freelance translator 54 (freelancer), OW-2023-00611, line 11: expired, valid until 2024-07-01T00:00:00.000000Z',
        '    198.51.100.56/29  Embassy of Examplia (mission), OW-2020-00003, line 12: in force',
        '  no registration covers all of it',
        '',
      ],
    ]);
    expect((await sluice(['lookup', '10.0.0.0/8'])).stdout).toContain(
      'no registration covers it, and none lies inside it',
    );
  });

  it('finds holders by a part of the name, and references exactly', async () => {
    const { stdout } = await sluice(['lookup', 'MERIDIAN example', 'OW-2021-00017', '--protocol', 'wireguard']);
    expect(stdout).toMatch(/whose holder has this in its name, 3 registrations:\n(.*Meridian.*\n){3}/);
    expect(stdout).toContain('only, not wireguard');
    expect(stdout).toMatch(/with this reference, 1 registration:\n.*OW-2021-00017, line 2: in force\n/);
    expect((await sluice(['lookup', 'OW-2021-0001'])).stdout).toContain('no registration has this reference');
  });

  it('says of a word that it does not find what it understands', async () => {
    const { code, stdout, stderr } = await sluice(['lookup', 'zebra']);
    expect([code, stderr]).toEqual([0, '']);
    for (const form of ['an address', 'a prefix', 'a reference', "a part of a holder's name"])
      expect(stdout).toContain(form);
  });

  it.each(['', ' '])('refuses the empty text %j, and says what it understands', async (text) => {
    const { code, stdout, stderr } = await sluice(['lookup', '198.51.100.1', text]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('an empty text asks for nothing: name an address (198.51.100.7, ');
  });

  it.each([
    ['198.51.100.1-198.51.100.3', 'a range of addresses: ask for each of 198.51.100.1/32, 198.51.100.2/31'],
    ['198.51.100.300', 'above 255'],
    ['198.51.100.7/24', 'write 198.51.100.0/24 for all of it'],
    ['198.51.100.7:443', 'a port, which is not part of a registration: write 198.51.100.7/32'],
    ['10.1.2.*', 'a wildcard: write 10.1.2.0/24'],
  ])('refuses %s, an address with a slip in it, and says what to write', async (text, advice) => {
    const { code, stdout, stderr } = await sluice(['lookup', '198.51.100.1', text]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(advice);
  });
});
