/** A sign-in that was begun at a provider, sealed in the browser's cookie. */
import { describe, expect, it } from 'vitest';
import { BegunSignIns } from '../../src/web/http/accounts/begun-sign-in.ts';

const one = (state: string): { verifier: string; state: string; nonce: string; to: string } => ({
  verifier: 'v'.repeat(43),
  state,
  nonce: 'n'.repeat(43),
  to: '/rules?x=ä',
});

describe('a begun sign-in', () => {
  it('is opened once, for ten minutes', () => {
    let now = 0;
    const begun = new BegunSignIns(() => now);
    const [first, second, late] = ['a', 'b', 'c'].map((state) => begun.seal(one(state)));
    expect(begun.use(first!)).toMatchObject(one('a'));
    expect(begun.use(first!)).toBeNull();
    now = 600_000;
    expect(begun.use(second!)).toMatchObject(one('b'));
    now = 600_001;
    expect(begun.use(late!)).toBeNull();
  });

  it('is not pushed out by 100,000 others', () => {
    const begun = new BegunSignIns(() => 0);
    const kept = begun.seal(one('kept'));
    for (let other = 0; other < 100_000; other++) begun.seal(one(String(other)));
    for (let other = 0; other < 20_000; other++) begun.use(begun.seal(one(`used ${other}`)));
    expect(begun.use(kept)).toMatchObject({ state: 'kept' });
    expect(begun.use(kept)).toBeNull();
  });

  it('shows nothing of itself, and fits into a cookie with the longest path', () => {
    const begun = new BegunSignIns(() => 0);
    const sealed = begun.seal({ ...one('state'), to: `/${'x'.repeat(1999)}` });
    expect(sealed).toMatch(/^[\w-]+$/);
    expect(sealed.length).toBeLessThan(3500);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toMatch(/vvv|state|xxx/);
    expect(begun.seal(one('a'))).not.toBe(begun.seal(one('a')));
  });

  it('is opened by its own daemon alone, and not with any bit changed', () => {
    const begun = new BegunSignIns(() => 0);
    const sealed = begun.seal(one('a'));
    expect(new BegunSignIns(() => 0).use(sealed)).toBeNull();
    const bytes = Buffer.from(sealed, 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at % 8);
      expect(begun.use(changed.toString('base64url')), String(at)).toBeNull();
      expect(begun.use(bytes.subarray(0, at).toString('base64url'))).toBeNull();
    }
    for (const text of ['', 'x', '=', '🙂'.repeat(30), sealed.slice(1)]) expect(begun.use(text)).toBeNull();
    expect(begun.use(sealed)).not.toBeNull();
  });
});
