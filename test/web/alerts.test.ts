/** The alerts that the daemon evaluates for its page, against those of deploy/prometheus. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { AlertHistory, type AlertSample } from '../../src/daemon/console/alerts.ts';
import { ALERT_NAMES, URGENT_ALERTS } from '../../src/web/api/alert-names.ts';
import { health } from '../../src/web/console/text/english/health.ts';

interface AlertFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly labels: { readonly severity: string } }[];
  }[];
}

const FILE = join(import.meta.dirname, '../../deploy/prometheus/alerts.yml');
const deployed = (parse(readFileSync(FILE, 'utf8')) as AlertFile).groups.flatMap(({ rules }) => rules);
const MINUTE_MS = 60_000;

const QUIET: AlertSample = {
  atMs: 0,
  tripped: [],
  registeredHits: 0,
  registryRows: 1000,
  sourceProblem: null,
  sourceKind: 'interface',
  isHeld: false,
  aheadBeyond: 0,
  hasRefused: false,
  registryAgeMs: 0,
  packets: 0,
  unreadFiles: 0,
  lostPackets: 0,
  lossBound: 0.001,
  failedReloads: 0,
  lostLines: 0,
  evictedFlows: 0,
  timeJumps: 0,
  stateFailures: 0,
  failedNotices: 0,
  refusesBundle: false,
  hasNoLease: false,
  shadowRegistered: 0,
  shadowTrips: 0,
  historyProblem: null,
  lostRecords: 0,
  delays: new Float64Array(17),
};

/** A history of samples, one a minute, with 1,000 packets in each; the last one has `changes`. */
function firing(changes: Partial<AlertSample>, minutes = 20, before: Partial<AlertSample> = {}): string[] {
  const history = new AlertHistory();
  const at = (minute: number): AlertSample => ({
    ...QUIET,
    atMs: minute * MINUTE_MS,
    packets: minute * 1000,
    ...before,
  });
  for (let minute = 0; minute < minutes; minute++) history.add(at(minute));
  return history.firing({ ...at(minutes), ...changes });
}

function delays(inTime: number, late: number): Float64Array {
  const counts = new Float64Array(17);
  counts[0] = inTime;
  counts[10] = late;
  return counts;
}

describe('alerts of the page', () => {
  it('are those of deploy/prometheus, with the same urgency', () => {
    expect([...ALERT_NAMES].sort()).toEqual(deployed.map(({ alert }) => alert).sort());
    const paging = deployed.filter(({ labels }) => labels.severity === 'page').map(({ alert }) => alert);
    expect([...URGENT_ALERTS].sort()).toEqual(paging.sort());
  });

  it('each have words, and what to do', () => {
    expect(Object.keys(health.alerts.words).sort()).toEqual([...ALERT_NAMES].sort());
  });

  it('are quiet where nothing is wrong, and right after the start', () => {
    expect(firing({})).toEqual([]);
    expect(firing({}, 0)).toEqual([]);
  });

  it.each<[string, Partial<AlertSample>]>([
    ['SluiceBreakerTripped', { tripped: ['observe'] }],
    ['SluiceSuspectedIgnored', { tripped: ['ignore-suspected'] }],
    ['SluiceRegisteredHit', { registeredHits: 1 }],
    ['SluiceRegistryShrunk', { registryRows: 899 }],
    ['SluiceSourceDown', { sourceProblem: 'the interface is down' }],
    ['SluiceDateHeld', { isHeld: true }],
    ['SluiceDateAhead', { aheadBeyond: 1 }],
    ['SluiceRulesRefused', { hasRefused: true }],
    ['SluiceFleetBundleRefused', { refusesBundle: true }],
    ['SluiceFleetNoLease', { hasNoLease: true }],
    ['SluiceRegistryOld', { registryAgeMs: 8 * 24 * 60 * MINUTE_MS }],
    ['SluiceNoPackets', { packets: 15_000 }],
    ['SluiceCaptureDrops', { lostPackets: 6 }],
    ['SluiceSpoolFileUnread', { unreadFiles: 1 }],
    ['SluiceReloadFailed', { failedReloads: 1 }],
    ['SluiceEventsLost', { lostLines: 1 }],
    ['SluiceHistoryNotWritten', { historyProblem: 'the disk is full' }],
    ['SluiceHistoryLost', { lostRecords: 1 }],
    ['SluiceFlowsEvicted', { evictedFlows: 1 }],
    ['SluiceTimeJumps', { timeJumps: 1 }],
    ['SluiceStateNotKept', { stateFailures: 1 }],
    ['SluiceNoticesFailed', { failedNotices: 1 }],
    ['SluiceShadowRegisteredHit', { shadowRegistered: 1 }],
    ['SluiceShadowWouldTrip', { shadowTrips: 1 }],
    ['SluiceLate', { delays: delays(98, 2) }],
  ])('%s holds where its condition does', (name, changes) => {
    expect(firing(changes)).toEqual([name]);
  });

  it('are quiet just below their bounds, and for counts that have not grown lately', () => {
    expect(firing({ registryRows: 900, lostPackets: 5, delays: delays(99, 1) })).toEqual([]);
    expect(firing({}, 20, { lostLines: 7, failedReloads: 3, timeJumps: 1, lostPackets: 9 })).toEqual([]);
  });

  it('say that a start could not use its state, for the first quarter of an hour', () => {
    expect(firing({ stateFailures: 1 }, 5, { stateFailures: 1 })).toEqual(['SluiceStateNotKept']);
    expect(firing({ stateFailures: 1 }, 20, { stateFailures: 1 })).toEqual([]);
  });

  it('have the bound for loss that the daemon was given', () => {
    expect(firing({ lostPackets: 6, lossBound: 0.01 })).toEqual([]);
    expect(firing({ lostPackets: 1, lossBound: 0 })).toEqual(['SluiceCaptureDrops']);
  });

  it('do not call captures that have been read silent, nor a spool late', () => {
    expect(firing({ packets: 15_000 }, 20, { sourceKind: 'captures' })).toEqual([]);
    expect(firing({ delays: delays(0, 5) }, 20, { sourceKind: 'spool' })).toEqual([]);
  });

  it('keep the samples of an hour', () => {
    const history = new AlertHistory();
    for (let minute = 0; minute <= 600; minute++)
      history.add({ ...QUIET, atMs: minute * MINUTE_MS, registryRows: minute === 0 ? 5000 : 1000 });
    expect(history.mostRows).toBe(1000);
    expect(history.before({ ...QUIET, atMs: 600 * MINUTE_MS }, 1e12)!.atMs).toBe(540 * MINUTE_MS);
  });
});
