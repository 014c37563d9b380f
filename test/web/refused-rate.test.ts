/** The bound on refused requests of one address. */
import { describe, expect, it } from 'vitest';
import { MOST_REFUSED, RefusedRate } from '../../src/web/http/refused-rate.ts';

describe('refused requests', () => {
  it('are read up to a bound within ten seconds, and again afterwards', () => {
    let now = 0;
    const rate = new RefusedRate(() => now);
    for (let count = 1; count < MOST_REFUSED; count++) rate.add('192.0.2.1');
    expect(rate.isExceeded('192.0.2.1')).toBe(false);
    rate.add('192.0.2.1');
    expect([rate.isExceeded('192.0.2.1'), rate.isExceeded('192.0.2.2')]).toEqual([true, false]);
    now = 10_000;
    expect(rate.isExceeded('192.0.2.1')).toBe(false);
    rate.add('192.0.2.1');
    expect(rate.isExceeded('192.0.2.1')).toBe(false);
  });

  it('of one network of IPv6 count together', () => {
    const rate = new RefusedRate(() => 0);
    for (let count = 0; count < MOST_REFUSED; count++) rate.add(`2001:db8:1:2::${(count % 9999).toString(16)}`);
    expect([rate.isExceeded('2001:db8:1:2::ffff'), rate.isExceeded('2001:db8:1:3::1')]).toEqual([true, false]);
  });
});
