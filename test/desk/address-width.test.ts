/** How wide a prefix may be that an applicant asks for, and one that a reviewer names. */
import { describe, expect, it } from 'vitest';
import { writeSetting } from '../../src/desk/store/settings.ts';
import { checkAddresses } from '../../src/desk/work/address-check.ts';
import { newDesk } from './desk-kit.ts';

describe('a prefix', () => {
  it.each([
    ['20.1.2.0/24', true, true],
    ['20.1.0.0/20', false, true],
    ['20.1.0.0/16', false, true],
    ['20.0.0.0/15', false, false],
    ['2a01:1:2::/48', true, true],
    ['2a01:1::/32', false, true],
    ['2a01::/31', false, false],
  ])('%s may be asked for: %s; a reviewer may name it: %s', (prefix, asked, named) => {
    const database = newDesk();
    for (const [mayWiden, isAllowed] of [
      [false, asked],
      [true, named],
    ] as const) {
      const { problems } = checkAddresses(database, prefix, { isp: null, except: null, mayWiden });
      expect(problems.length === 0).toBe(isAllowed);
      if (!isAllowed) expect(problems[0]).toContain('wider than');
    }
  });

  it('of the width that an administrator allows is never refused to a reviewer', () => {
    const database = newDesk();
    writeSetting(database, 'widestIpv4', '12');
    for (const mayWiden of [false, true])
      expect(checkAddresses(database, '20.16.0.0/12', { isp: null, except: null, mayWiden }).problems).toEqual([]);
  });

  it.each([
    ['11.0.0.0/8', null],
    ['10.0.0.0/8', '10.0.0.0/8 is private'],
    ['172.15.0.0/16', null],
    ['172.16.0.0/16', '172.16.0.0/12 is private'],
    ['168.0.0.0/5', '169.254.0.0/16 is link-local'],
    ['100.0.0.0/8', '100.64.0.0/10 is shared by carrier NAT'],
    ['198.51.0.0/16', '198.51.100.0/24 is documentation'],
    ['2001:d00::/24', '2001:db8::/32 is documentation'],
    ['2a00::/16', null],
  ])('%s that begins before a reserved range and has it inside is refused: %s', (prefix, problem) => {
    const database = newDesk();
    for (const [name, value] of [
      ['widestIpv4', '1'],
      ['widestIpv6', '1'],
    ] as const)
      writeSetting(database, name, value);
    const { problems } = checkAddresses(database, prefix, { isp: null, except: null });
    expect(problems.length).toBe(problem === null ? 0 : 1);
    if (problem !== null) expect(problems[0]).toContain(problem);
  });
});
