/** Incidents of rules: trips of the breaker with their scope, and changes of rules. */
import { describe, expect, it } from 'vitest';
import { History, NUMBERS, span, START, TRIP } from './incident-history.ts';

describe('a trip of the breaker', () => {
  it('lasts until it is reset, over a restart that keeps it', () => {
    const history = new History();
    history.change('breaker', START, { breaker: { ...TRIP, ...NUMBERS } });
    history.restart();
    history.change('start', START + 100, { tripped: ['observe'] });
    expect(history.incidents()).toMatchObject([
      { kind: 'breaker', subject: 'observe', to_ms: null, scope: { rules: ['cut'] }, numbers: { affected: 501 } },
    ]);
    history.change('breaker', START + 200, { breaker: { state: 'reset', mode: 'enforce' } });
    expect(history.incidents().map(span)).toEqual([[0, 200]]);
    history.change('breaker', START + 300, { breaker: { ...TRIP, ...NUMBERS } });
    expect(history.incidents().map(span)).toEqual([
      [0, 200],
      [300, null],
    ]);
    // A run without the trip: its state was removed.
    history.change('start', START + 400, { tripped: [] });
    expect(history.incidents().map(span)).toEqual([
      [0, 200],
      [300, 400],
    ]);
  });
});

describe('the scope of a trip', () => {
  const cut = { action: 'block', rule: 'cut' } as const;

  it('is of the decisions to throttle or block in its minute, and not of others', () => {
    const history = new History();
    const earlier = [{ action: 'block', rule: 'before', protocol: 'ipsec' }];
    history.minute(START - 60, { series: earlier });
    history.change('breaker', START + 30, { breaker: { ...TRIP, ...NUMBERS } });
    history.change('breaker', START + 40, { breaker: { state: 'reset', mode: 'enforce' } });
    history.minute(START, {
      series: [
        { ...cut, sector: 'bank', registered: 'source' },
        { action: 'throttle', rule: 'slow', protocol: 'openvpn' },
        { action: 'allow', rule: 'registered', protocol: 'ipsec', sector: 'it' },
        { ...cut, protocol: 'ipsec', decisions: 0 },
      ],
    });
    history.minute(START + 60, { series: earlier });
    expect(history.incidents().map(({ scope, to_ms: to }) => ({ ...scope, to }))).toEqual([
      { protocols: ['wireguard', 'openvpn'], rules: ['cut', 'slow'], sectors: ['bank'], to: (START + 40) * 1000 },
    ]);
  });

  it('has 32 rules at most', () => {
    const history = new History();
    history.change('breaker', START, { breaker: { ...TRIP, ...NUMBERS } });
    history.minute(START, { series: Array.from({ length: 500 }, (_, rule) => ({ ...cut, rule: `rule ${rule}` })) });
    expect(history.incidents()[0]!.scope.rules).toHaveLength(32);
  });
});

describe('rules', () => {
  const figures = (before: number, after: number) => ({
    sha256: 'a',
    reasons: [`${before - after} of ${before} registrations in force would be lost`],
    exceeded: [
      { limit: 'registrations', seen: before - after, allowed: 1, of: before, stage: null, window: null },
      { limit: 'breaker', seen: 2, allowed: 1, of: 3, stage: 'confirmed', window: 60 },
    ],
    figures: {
      registrations: { before, after, lost: before - after },
      lost_by_sector: { bank: before - after },
      hits_by_rule: { cut: 7 },
    },
  });

  it('that were refused are an incident until others are taken', () => {
    const history = new History();
    history.change('reload', START, { reload: { result: 'refused', problems: 0, change: figures(100, 80) } });
    history.change('reload', START + 60, { reload: { result: 'failure', problems: 3, change: null } });
    expect(history.incidents()).toMatchObject([
      {
        kind: 'reload',
        to_ms: null,
        cause: '20 of 100 registrations in force would be lost',
        exceeded: [
          { limit: 'registrations', seen: 20, allowed: 1, of: 100, stage: null, window: null },
          // Fewer than five clients are shown as four.
          { limit: 'breaker', seen: 4, allowed: 1, of: 4, stage: 'confirmed', window: 60 },
        ],
        scope: { protocols: [], rules: ['cut'], sectors: ['bank'] },
        numbers: { problems: 3 },
      },
    ]);
    history.change('reload', START + 120, { reload: { result: 'unchanged' } });
    expect(history.incidents().map(span)).toEqual([[0, 120]]);
  });

  it('whose registry shrank by more than a hundredth are an incident of that moment', () => {
    const history = new History();
    history.change('reload', START, { reload: { result: 'success', change: figures(1000, 990) } });
    expect(history.incidents()).toEqual([]);
    history.change('reload', START + 60, { reload: { result: 'success', change: figures(1000, 989) } });
    expect(history.incidents()).toMatchObject([
      { kind: 'registry', numbers: { before: 1000, after: 989, lost: 11 }, scope: { rules: [], sectors: ['bank'] } },
    ]);
    expect(history.incidents().map(span)).toEqual([[60, 60]]);
  });
});
