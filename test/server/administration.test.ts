import { describe, expect, it } from 'vitest';
import { mayAdminister } from '../../src/server/administration.ts';

const TOKEN = 'a-token-of-some-length';

function request(remoteAddress: string, headers: Record<string, string> = {}): Parameters<typeof mayAdminister>[0] {
  return { headers, socket: { remoteAddress } };
}

describe('who may reload and reset', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('%s may, with or without a token set', (address) => {
    expect(mayAdminister(request(address), null)).toBeNull();
    expect(mayAdminister(request(address), TOKEN)).toBeNull();
  });

  it.each(['192.0.2.1', '::ffff:192.0.2.1', '::2', '1::1', '10.127.0.1', ''])(
    '%s may with the token only',
    (address) => {
      expect(mayAdminister(request(address), null)).toContain('no --token-file');
      expect(mayAdminister(request(address), TOKEN)).toContain('Authorization');
      expect(mayAdminister(request(address, { authorization: `Bearer ${TOKEN}` }), TOKEN)).toBeNull();
      expect(mayAdminister(request(address, { authorization: `Bearer ${TOKEN}x` }), TOKEN)).toContain(
        'not the right one',
      );
      expect(mayAdminister(request(address, { authorization: `Bearer ${TOKEN}` }), null)).not.toBeNull();
    },
  );

  it.each(['origin', 'sec-fetch-site', 'forwarded', 'x-forwarded-for', 'via'])(
    'this machine may not with the header %s: somebody else speaks through it',
    (name) => {
      expect(mayAdminister(request('127.0.0.1', { [name]: 'x' }), null)).not.toBeNull();
    },
  );

  it('refuses a wrong token from this machine too', () => {
    expect(mayAdminister(request('127.0.0.1', { authorization: 'Bearer wrong' }), TOKEN)).not.toBeNull();
  });
});
