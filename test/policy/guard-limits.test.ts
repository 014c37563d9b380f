/** The `guard` section of a policy. */
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../src/policy/policy-file.ts';

function read(guard: string) {
  const text = `name: x\nrules: [{ name: a, action: allow }]\n${guard}`;
  const { policy, issues } = parsePolicy(new TextEncoder().encode(text), 'p.yaml');
  return { guard: policy?.guard, messages: issues.kept.map(({ message }) => message).join('\n') };
}

const DEFAULTS = { registrations: 0.1, deregistered: 10, registered: 0 };

describe('the limits of the guard', () => {
  it.each([
    ['', DEFAULTS],
    ['safety: { guard: {} }', DEFAULTS],
    ['safety: { guard: { registrations: 2.5% } }', { ...DEFAULTS, registrations: 0.025 }],
    [
      'safety: { guard: { registrations: 0%, deregistered: 0, registered: 3 } }',
      { registrations: 0, deregistered: 0, registered: 3 },
    ],
    ['safety: { guard: { deregistered: 7 } }', { ...DEFAULTS, deregistered: 7 }],
  ])('of %j', (text, expected) => {
    expect(read(text)).toEqual({ guard: expected, messages: '' });
  });

  it.each([
    ['safety: { guard: { registrations: 5 } }', 'must be a percentage, like 10%'],
    ['safety: { guard: { registrations: half } }', 'must be a percentage, like 10%'],
    ['safety: { guard: { deregistered: -1 } }', 'must be a whole number from 0 on'],
    ['safety: { guard: { registered: 1.5 } }', 'must be a whole number from 0 on'],
    [
      'safety: { guard: 7 }',
      'must be a mapping with registrations, deregistered and registered, each of which may be left out',
    ],
  ])('%j is refused', (text, message) => {
    expect(read(text).messages).toContain(message);
  });
});
