import { describe, expect, it } from 'vitest';
import { tokenRefusal } from '../../src/web/http/bearer-token.ts';

const TOKEN = 'a-token-of-some-length';

describe('the token', () => {
  it('lets a request in that has it', () => {
    for (const authorization of [`Bearer ${TOKEN}`, `bearer  ${TOKEN}`])
      expect(tokenRefusal({ authorization }, TOKEN)).toBeNull();
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Basic ${TOKEN}`,
    TOKEN,
  ])('keeps out %s', (authorization) => {
    expect(tokenRefusal({ authorization }, TOKEN)).not.toBeNull();
  });

  it('keeps all out where none is set', () => {
    expect(tokenRefusal({ authorization: 'Bearer null' }, null)).not.toBeNull();
    expect(tokenRefusal({}, null)).not.toBeNull();
  });
});
