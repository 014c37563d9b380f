import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatIssue } from '../../src/core/issue.ts';
import { parseMicros } from '../../src/core/units.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { DEFAULT_SAFETY, limitText } from '../../src/policy/limits.ts';
import { nextBoundary, type Policy } from '../../src/policy/policy.ts';
import { lazy } from '../kit/lazy.ts';

function issuesOf(text: string | Uint8Array): string[] {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return parsePolicy(bytes, 'p.yaml').issues.kept.map(formatIssue);
}

function policyOf(text: string): Policy {
  const { policy, issues } = parsePolicy(new TextEncoder().encode(text), 'p.yaml');
  expect(issues.kept.filter((issue) => issue.severity === 'error')).toEqual([]);
  return policy!;
}

/** A policy of one rule, which begins in line 3. */
const rule = (text: string): string => `name: x\nrules:\n  - ${text.replaceAll('\n', '\n    ')}\n`;

describe('a policy file', () => {
  it('is valid and without warnings where it is the committed example', () => {
    const bytes = readFileSync(new URL('../../rules/policy.yaml', import.meta.url));
    const { policy, issues } = parsePolicy(bytes, 'policy.yaml');
    expect(issues.kept).toEqual([]);
    expect(policy).toMatchObject({ name: 'national-baseline', mode: 'observe', safety: { registered: 0 } });
    expect(policy!.safety.limits.map(limitText)).toEqual([
      '60s confirmed',
      '1h confirmed',
      '24h any',
      '60s suspected',
      '24h suspected',
    ]);
    expect(policy!.safety.limits[0]).toMatchObject({ clients: 500, share: 0.2, floor: 20, then: 'observe' });
    expect(policy!.rules.map(({ name }) => name)).toEqual([
      'registered',
      'grace-period',
      'suspected-slow',
      'unregistered',
    ]);
    expect(policy!.rules[2]!.throttle).toEqual({ rate: 256_000, burst: 32_000, per: 1 });
    expect(policy!.rules[3]!.rollout).toBe(0.1);
    expect(policy!.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has every mistake reported, in order', () => {
    const issues = issuesOf(
      [
        'name: x',
        'rules:',
        '  - name: a',
        '    when: { stge: confirmed, protocol: tor }',
        '    action: throttle',
        '  - name: a',
        '    action: deny',
        'safety: { window: 60, max_clients_affected: -1 }',
      ].join('\n'),
    );
    expect(issues.map((issue) => issue.split(' ').slice(0, 3).join(' '))).toEqual([
      'p.yaml:4:13: error: unknown',
      'p.yaml:4:40: error: protocol:',
      'p.yaml:6:11: error: name:',
      'p.yaml:7:13: error: action:',
      'p.yaml:8:9: error: max_share_affected:',
      'p.yaml:8:9: error: then:',
      'p.yaml:8:19: error: window:',
      'p.yaml:8:45: error: max_clients_affected:',
    ]);
  });

  it.each([
    ['name: a\naction: throttle', '4:13: error: action: a throttle needs a rate'],
    ['name: a\naction: allow\nrate: 1kbit/s', '5:11: error: rate: rate is only valid where action is throttle'],
    ['name: a\naction: throttle\nrate: 256kbps', '5:11: error: rate: must be a rate like 256kbit/s'],
    ['name: a\naction: throttle\nrate: 0kbit/s', '5:11: error: rate'],
    ['name: a\naction: throttle\nrate: 1Mbit/s\nburst: 32', '6:12: error: burst: must be an amount like 32kB'],
    ['name: a\naction: allow\nrollout: 101%', '5:14: error: rollout: must be a percentage'],
    ['name: A rule\naction: allow', '3:11: error: name: must be made of lower-case'],
    ['action: allow', '3:5: error: name: a rule needs a name'],
    ['name: a\naction: allow\nwhen: { protocol: [] }', '5:23: error: protocol: the list must not be empty'],
    ['name: a\naction: allow\nwhen: { registered: yes }', '5:25: error: registered: must be one of source'],
    ['name: a\naction: allow\nwhen: { until: 2024-11-30 }', '5:20: error: until: must be a time with its zone'],
    ['name: a\naction: allow\nwhen: { until: 2024-11-30T10:00:00 }', 'with its zone'],
    ['name: a\naction: allow\nwhen: { min_packets: 1.5 }', 'whole number'],
    ['name: a\naction: allow\nwhen: { source_port: [53, 0] }', '5:31: error: source_port: must be a port'],
    ['name: a\naction: allow\nwhen: { source: 10.0.0.1/8 }', 'write 10.0.0.0/8'],
    ['name: a\naction: allow\nwhen: { schedule: { from: "08:00", to: "9", zone: UTC } }', 'to: must be a local time'],
    ['name: a\naction: allow\nwhen: { schedule: { from: "24:00", to: "09:00", zone: UTC } }', 'from: must be before'],
    ['name: a\naction: allow\nwhen: { schedule: { from: "08:00", to: "09:00", zone: Mars/X } }', 'time zone name'],
    [
      'name: a\naction: allow\nwhen: { from: 2024-12-01T00:00:00Z, until: 2024-11-01T00:00:00Z }',
      '5:48: error: until: is before from',
    ],
    ['', '3:5: error: rules: a rule is a mapping'],
  ])('%j', (text, expected) => {
    const issues = issuesOf(rule(text)).filter((issue) => issue.includes('error'));
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(expected);
  });

  it.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'p.yaml:1:1: error: the file is empty'],
    ['a text', 'hello', 'p.yaml:1:1: error: a policy is a mapping'],
    ['tabs', 'name: x\nrules:\n\t- name: a\n', 'p.yaml:3:1: error: Tabs'],
    ['a key twice', 'name: x\nname: y\nrules: []\n', 'p.yaml:2:1: error: Map keys must be unique'],
    ['two documents', 'name: x\nrules: []\n---\nname: y\n', 'p.yaml:3:1: error: a second YAML document'],
    ['an anchor', 'name: &a x\nrules: []\n', 'p.yaml:1:10: error: a policy must not use anchors'],
    ['a tag', 'name: !!binary x\nrules: []\n', 'p.yaml:1:'],
    ['a very deep document', `name: ${'['.repeat(20_000)}`, 'nested too deeply'],
    ['bytes that are not UTF-8', new Uint8Array([0xff, 0xfe, 0]), 'p.yaml: error: the file is not UTF-8'],
    ['too many bytes', new Uint8Array(2_000_000).fill(35), 'p.yaml: error: the file has 2000000 bytes'],
    ['a prototype', '__proto__: { x: 1 }\nname: x\nrules: []\n', 'p.yaml:1:1: error: unknown key "__proto__"'],
    ['an invisible name', 'name: "a\\u202e"\nrules: []\n', 'p.yaml:1:7: error: name'],
  ])('%s is refused', (_name, text, expected) => {
    expect(issuesOf(text)[0]).toContain(expected);
  });

  it('is refused where anchors and aliases would expand it', () => {
    const layers = Array.from(
      { length: 20 },
      (_, i) =>
        `k${i}: &k${i} [${Array(9)
          .fill(`*k${i - 1}`)
          .join(', ')}]`,
    );
    expect(issuesOf(`k: &k-1 [x]\n${layers.join('\n')}\n`)[0]).toContain('must not use anchors');
  });
});

describe('warnings', () => {
  const warned = (...rules: string[]): string[] =>
    issuesOf(`name: x\nrules:\n${rules.map((text) => `  - ${text}\n`).join('')}`).map((issue) => issue.slice(7));

  it('are given for rules that can hit a registered user', () => {
    const block = '{ name: hit, action: block, when: { stage: confirmed } }';
    expect(warned(block)[0]).toContain('3:26: warning: rule hit can block registered users');
    expect(warned('{ name: ok, action: allow, when: { registered: either } }', block)).toEqual([]);
    const bySide = ['source', 'destination'].map(
      (end) => `{ name: ${end}, action: allow, when: { registered: ${end} } }`,
    );
    expect(warned(...bySide, block)).toEqual([]);
    expect(warned(bySide[0]!, block)).toHaveLength(1);
    expect(warned('{ name: half, action: allow, rollout: 50%, when: { registered: either } }', block)).toHaveLength(1);
    expect(warned('{ name: it, action: allow, when: { registered: either, sector: it } }', block)).toHaveLength(1);
    expect(warned('{ name: ok, action: block, when: { registered: none } }', block)).toHaveLength(1);
    expect(warned('{ name: hit, action: block, hits_registered: true }')).toEqual([]);
    expect(warned('{ name: hit, action: block, hits_registered: false }')).toHaveLength(1);
    expect(issuesOf(rule('{ name: a, action: allow, hits_registered: true }'))[0]).toContain(
      'hits_registered: is only valid where action is throttle or block',
    );
    expect(issuesOf(rule('{ name: a, action: block, hits_registered: 1 }'))[0]).toContain('must be true or false');
  });

  it('are given for rules that are never reached, for a policy without rules, and for bursts below a packet', () => {
    const all = '{ name: all, action: allow }';
    expect(warned(all, '{ name: late, action: block }')[0]).toContain('4:13: warning: rule late is never reached');
    expect(issuesOf('name: x\nrules: []\n')[0]).toContain('everything is allowed');
    const slow = '{ name: slow, action: throttle, rate: 1kB/s, burst: 100B, when: { registered: none } }';
    expect(warned(slow)[0]).toContain('less than one full packet');
  });
});

describe('safety', () => {
  const withSafety = (text: string): string => `name: x\nrules: [{ name: a, action: allow }]\nsafety: ${text}\n`;

  it('has default limits', () => {
    expect(policyOf('name: x\nrules: [{ name: a, action: allow }]\n').safety).toBe(DEFAULT_SAFETY);
  });

  it('may have several limits, with defaults for their optional keys', () => {
    const text = `{ limits: [{ window: 60s, clients: 5 }, { window: 1h, stage: confirmed, clients: 9, share: 5%, floor: 2 },
      { window: 24h, stage: suspected, clients: 3, then: ignore-suspected }], registered: 4, then: observe }`;
    expect(policyOf(withSafety(text)).safety).toEqual({
      registered: 4,
      limits: [
        { windowUs: 60e6, group: 0, clients: 5, share: null, floor: 10, then: 'observe' },
        { windowUs: 3600e6, group: 2, clients: 9, share: 0.05, floor: 2, then: 'observe' },
        { windowUs: 86_400e6, group: 1, clients: 3, share: null, floor: 10, then: 'ignore-suspected' },
      ],
    });
  });

  it('may have the older form of one window', () => {
    const text = '{ window: 60s, max_clients_affected: 500, max_share_affected: 5%, then: observe }';
    expect(policyOf(withSafety(text)).safety).toEqual({
      registered: 0,
      limits: [{ windowUs: 60e6, group: 0, clients: 500, share: 0.05, floor: 10, then: 'observe' }],
    });
  });

  it.each([
    ['{ limits: [] }', 'limits: must be a list of limits'],
    ['{ limits: 7 }', 'limits: must be a list of limits'],
    ['{ limits: [{ window: 60s }] }', 'clients: must be a whole number'],
    ['{ limits: [{ window: 32d, clients: 1 }] }', 'window: must be a duration from 1s to 31d'],
    ['{ limits: [{ window: 60s, clients: 1, stage: sure }] }', 'stage: must be one of any, suspected, confirmed'],
    ['{ limits: [{ window: 60s, clients: 1, floor: 3 }] }', 'floor: is only valid together with share'],
    ['{ limits: [{ window: 60s, clients: 1, then: ignore-suspected }] }', 'then: ignore-suspected is only valid where'],
    ['{ limits: [{ window: 60s, clients: 1 }], then: enforce }', 'then: must be observe'],
    [
      '{ limits: [{ window: 60s, clients: 1, shares: 3% }] }',
      'unknown key "shares"; valid keys here: window, stage, clients',
    ],
    [
      '{ limits: [{ window: 60s, clients: 1 }], window: 60s }',
      'unknown key "window"; valid keys here: limits, registered, then',
    ],
    ['7', 'safety: must be a mapping with limits, or with window'],
  ])('is refused where it is %s', (text, message) => {
    expect(issuesOf(withSafety(text)).join('; ')).toContain(message);
  });

  it('has a warning where a rollout is larger than the share of a limit for its stage', () => {
    const cut = '{ name: cut, action: block, rollout: 10%, when: { stage: confirmed, registered: none } }';
    const doubts = (limit: string): string[] =>
      issuesOf(`name: x\nrules:\n  - ${cut}\nsafety: { limits: [{ window: 60s, clients: 500, ${limit} }] }\n`);
    expect(doubts('share: 5%')[0]).toContain(
      'p.yaml:3:42: warning: rollout: 10% of the clients at once is more than the 5 %',
    );
    expect(doubts('share: 10%')).toEqual([]);
    expect(doubts('share: 5%, stage: confirmed')).toHaveLength(1);
    expect(doubts('share: 5%, stage: suspected')).toEqual([]);
    expect(doubts('stage: confirmed')).toEqual([]);
  });
});

describe('boundaries of decisions', () => {
  const policy = lazy(() =>
    policyOf(
      [
        'name: x',
        'rules:',
        '  - name: a',
        '    action: allow',
        '    when: { from: 2024-11-01T00:00:00Z, until: 2024-12-01T00:00:00Z, min_packets: 20, min_bytes: 5000 }',
        '  - name: b',
        '    action: allow',
        '    when: { min_packets: 5, schedule: { days: sun, from: "22:00", to: "06:00", zone: Asia/Karachi } }',
      ].join('\n'),
    ),
  );

  it('include the minimums of packets and bytes, in order', () => {
    expect(policy().boundaries.packets).toEqual([5, 20]);
    expect(policy().boundaries.bytes).toEqual([5000]);
  });

  it('include the beginning of a rule, and the microsecond after its end', () => {
    expect(policy().boundaries.instants).toEqual([
      parseMicros('2024-11-01T00:00:00Z'),
      parseMicros('2024-12-01T00:00:00Z') + 1,
    ]);
  });

  it('include the times of rules and schedules', () => {
    expect(nextBoundary(policy().boundaries, parseMicros('2024-10-31T23:59:59Z'))).toBe(
      parseMicros('2024-11-01T00:00:00Z'),
    );
    expect(nextBoundary(policy().boundaries, parseMicros('2024-11-10T16:30:00Z'))).toBe(
      parseMicros('2024-11-10T17:00:00Z'),
    );
  });

  describe('with a legal basis and a date of review', () => {
    const reviewed = (value: string): string =>
      rule(`{ name: a, action: allow, legal_basis: Act 7, review_by: ${value} }`);
    const warnings = (value: string, now: string): string[] =>
      parsePolicy(new TextEncoder().encode(reviewed(value)), 'p.yaml', parseMicros(now)).issues.kept.map(formatIssue);

    it.each([
      ['2025-03-01', '2025-01-30T00:00:00Z', null],
      ['2025-03-01', '2025-01-31T00:00:00Z', 'is near'],
      ['2025-03-01', '2025-03-01T23:59:59Z', 'is near'],
      ['2025-03-01', '2025-03-02T00:00:00Z', 'has passed'],
      ['2025-03-01T09:00:00+05:00', '2025-03-01T03:59:59Z', 'is near'],
      ['2025-03-01T09:00:00+05:00', '2025-03-01T04:00:00Z', 'has passed'],
    ])('warns of %s at %s: %s', (date, now, problem) => {
      const place = `p.yaml:3:${'  - { name: a, action: allow, legal_basis: Act 7, review_by: '.length + 1}: warning: `;
      const text = `${place}review_by: ${date} ${problem}: review rule a, and set a later date`;
      expect(warnings(date, now)).toEqual(problem === null ? [] : [text]);
    });

    it('warns of no date where it is not asked as of a time', () => {
      expect(issuesOf(reviewed('1999-01-01'))).toEqual([]);
    });

    it.each([
      ['review_by: 2025-02-30', 'review_by: must be a date like 2025-03-01, or a time with its zone'],
      ['review_by: 2025-03-01T09:00:00', 'review_by: must be a date like'],
      ['review_by: soon', 'review_by: must be a date like'],
      ['review_by: 20250301', 'review_by: must be a date like'],
      ['legal_basis: ""', 'legal_basis: must be 1 to 500 printable characters'],
      ['legal_basis: "  "', 'legal_basis: must be 1 to 500'],
      ['legal_basis: "a\\u202eb"', 'legal_basis: must be 1 to 500'],
      ['legal_basis: "a\\nb"', 'legal_basis: must be 1 to 500'],
      ['legal_basis: 7', 'legal_basis: must be 1 to 500'],
      [`legal_basis: ${'x'.repeat(501)}`, 'legal_basis: must be 1 to 500'],
    ])('is refused with %s', (key, problem) => {
      const [issue, ...more] = issuesOf(rule(`name: a\naction: allow\n${key}`));
      expect(issue).toContain(`p.yaml:5:${5 + key.indexOf(':') + 2}: error: ${problem}`);
      expect(more).toEqual([]);
    });

    it('keeps both as they are written, and hits the same flows', () => {
      const text = '{ name: a, action: block, legal_basis: "Öffentliche Ordnung § 3", review_by: 2030-01-01 }';
      const { shape } = policyOf(rule(text)).rules[0]!;
      expect(shape).toMatchObject({ legal_basis: 'Öffentliche Ordnung § 3', review_by: '2030-01-01' });
    });
  });
});
