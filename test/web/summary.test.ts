/** The sentence of the overview, in every state of a daemon. */
import { describe, expect, it } from 'vitest';
import type { OverviewFigures } from '../../src/history/query/overview.ts';
import type { LiveDocument } from '../../src/web/api/live-schema.ts';
import { attentionOf } from '../../src/web/console/pages/overview/attention.ts';
import { summaryOf } from '../../src/web/console/pages/overview/summary.ts';
import { NOW_MS, sampleLive } from './sample-live.ts';

const DAY_S = 86_400;
const TO = NOW_MS / 1000;
const FIGURES: OverviewFigures = {
  from: TO - DAY_S,
  to: TO,
  watched: DAY_S,
  packets: 999_800,
  bytes: 1e9,
  lost_packets: 200,
  undecoded_packets: 10,
  lost_lines: 0,
  lag_us: 1000,
  active_flows: 10,
  harm: {},
  clients: {},
  error: 0,
};
const trip = (then: string) => ({
  then,
  cause: 'clients',
  limit: '60s confirmed',
  rule: null,
  time_ms: NOW_MS - 60_000,
  affected: 30,
  seen: 100,
  allowed: 20,
});
const said = (live: Parameters<typeof sampleLive>[0], figures: OverviewFigures | null = FIGURES): string =>
  summaryOf(sampleLive(live), figures).sentences.join(' ');
const severity = (live: Parameters<typeof sampleLive>[0], figures: OverviewFigures | null = FIGURES): string =>
  summaryOf(sampleLive(live), figures).severity;

const REASON = { limit: 'registrations', seen: 12, allowed: 4, of: 41, stage: null, window: null } as const;

describe('the sentence of the overview', () => {
  it('says that nothing happened while observing', () => {
    expect(said({})).toBe(
      'Observing. No registered user would have been hit in the last 24 hours. 0.02 % of packets were lost.',
    );
    expect(severity({})).toBe('good');
  });

  it('says that no client was hit while enforcing', () => {
    const enforcing = { mode: 'enforce', rules_mode: 'enforce' } as const;
    expect(said(enforcing, { ...FIGURES, lost_packets: 0 })).toBe(
      'Enforcing. No registered user was hit in the last 24 hours. No packet was lost.',
    );
  });

  it('says when the breaker tripped, with the zone', () => {
    const tripped: Partial<LiveDocument> = { rules_mode: 'enforce', breaker: { trips: [trip('observe')], limits: [] } };
    expect(said(tripped)).toContain(
      'The safety breaker tripped at 29 Nov 2026, 19:34 Asia/Karachi: nothing is enforced.',
    );
    expect(severity(tripped)).toBe('critical');
    const suspected: Partial<LiveDocument> = {
      ...tripped,
      mode: 'enforce',
      breaker: { trips: [trip('ignore-suspected')], limits: [] },
    };
    expect(said(suspected)).toContain('Enforcing. Suspected findings are not acted on since');
    expect(severity(suspected)).toBe('warning');
  });

  it('counts what would have been hit, what was prevented and what was hit', () => {
    const harm = { in_force: { would: 1, prevented: 2, done: 3 } };
    expect(said({}, { ...FIGURES, harm })).toContain('3 flows of registered users were hit in the last 24 hours.');
    expect(said({}, { ...FIGURES, harm })).toContain('1 flow of registered users would have been hit');
    expect(said({}, { ...FIGURES, harm })).toContain('2 flows of registered users were about to be hit');
    expect(severity({}, { ...FIGURES, harm })).toBe('critical');
  });

  it('does not count hits on purpose, or registrations for another protocol', () => {
    const harm = { on_purpose: { done: 5 }, other_protocol: { would: 7 } };
    expect(said({}, { ...FIGURES, harm })).toContain('No registered user would have been hit');
  });

  it('has a hit that the history does not have yet', () => {
    const harm = { counts: { in_force: { would: 1 } }, latest: { rule: 'r', time_ms: NOW_MS + 1000 } };
    expect(said({ harm })).toContain('1 flow of registered users would have been hit in the last 24 hours.');
  });

  it('says that no packet has come', () => {
    expect(said({ now_ms: null }, null)).toBe('Observing. No packet has come yet.');
    expect(said({ now_ms: null }, { ...FIGURES, watched: 0 })).toBe('Observing. No packet has come yet.');
  });

  it('says what was before the start where no packet has come since', () => {
    expect(said({ now_ms: null }, FIGURES)).toMatch(
      /^Observing\. No packet has come since the daemon began\. No registered user would have been hit /,
    );
    expect(severity({ now_ms: null }, FIGURES)).toBe('warning');
  });

  it('says how much was watched if that is less than a day', () => {
    expect(said({}, { ...FIGURES, watched: 3 * 3600 + 120 })).toContain(
      'Only 3 hours of the last 24 hours were watched.',
    );
    expect(said({}, { ...FIGURES, watched: 125 })).toContain('Only 2 minutes of the last 24 hours were watched.');
    expect(said({}, { ...FIGURES, watched: 0, packets: 0, lost_packets: 0 })).toBe(
      'Observing. Nothing of the last 24 hours was watched.',
    );
  });

  it('takes the counts since the start if the history does not answer', () => {
    const harm = { counts: { in_force: { would: 4 } }, latest: null };
    expect(said({ harm }, null)).toContain('4 flows of registered users would have been hit since the counts began.');
  });

  it('speaks of captures that are replayed', () => {
    const source = { ...sampleLive().source, kind: 'captures', files: { done: 512, waiting: 0, faulty: 0 } };
    expect(said({ source }, { ...FIGURES, watched: 10 })).toBe(
      '512 captures were replayed. Observing. No registered user would have been hit in these captures. 0.02 % of packets were lost.',
    );
    const reading = { ...source, files: { done: 12, waiting: 500, faulty: 0 } };
    expect(said({ source: reading, now_ms: null }, null)).toContain('Reading captures: 12 of 512 so far.');
  });

  it('warns of a loss above the bound, and of ten times the bound more', () => {
    expect(severity({}, { ...FIGURES, packets: 998, lost_packets: 1 })).toBe('warning');
    expect(severity({}, { ...FIGURES, packets: 999, lost_packets: 1 })).toBe('good');
    expect(severity({}, { ...FIGURES, packets: 98, lost_packets: 1 })).toBe('critical');
    expect(severity({ loss_bound: 0.02 }, { ...FIGURES, packets: 98, lost_packets: 1 })).toBe('good');
    expect(severity({ loss_bound: 0 }, { ...FIGURES, packets: 1e9, lost_packets: 1 })).toBe('critical');
  });
});

describe('what needs attention', () => {
  it('is nothing without trouble', () => {
    expect(attentionOf(sampleLive(), null)).toEqual([]);
  });

  it('is each thing that waits, is stuck or fails, with the page that shows it', () => {
    const { source, history, counts } = sampleLive();
    const live = sampleLive({
      source: { ...source, problem: 'the interface is down' },
      calendar: { next_ms: null, ahead_ms: [NOW_MS], held_ms: NOW_MS },
      refused: { sha256: 'd'.repeat(64), reasons: [REASON] },
      history: { ...history, problem: 'the disk is full' },
      counts: { ...counts, lost_lines: 5 },
    });
    const found = attentionOf(live, null);
    expect(found.map(({ severity: one, to }) => [one, to])).toEqual([
      ['critical', '/health'],
      ['critical', '/rules'],
      ['warning', '/rules'],
      ['warning', '/rules'],
      ['warning', '/health'],
      ['warning', '/health'],
    ]);
    expect(found[2]!.details).toEqual(['12 of 41 registrations in force would be lost, 4 may be']);
  });

  it('is a history that cannot be read, though it can be written', () => {
    expect(attentionOf(sampleLive(), 'the history process has ended').map(({ text }) => text)).toEqual([
      'The history cannot be read: the history process has ended.',
    ]);
  });
});
