/** The alerts of deploy/prometheus/alerts.yml, the urgent ones first. */

export const URGENT_ALERTS = [
  'SluiceDown',
  'SluiceBreakerTripped',
  'SluiceRegisteredHit',
  'SluiceRegistryShrunk',
  'SluiceSourceDown',
  'SluiceDateHeld',
] as const;

export const ALERT_NAMES = [
  ...URGENT_ALERTS,
  'SluiceSuspectedIgnored',
  'SluiceNoPackets',
  'SluiceSpoolFileUnread',
  'SluiceCaptureDrops',
  'SluiceReloadFailed',
  'SluiceRulesRefused',
  'SluiceFleetBundleRefused',
  'SluiceFleetNoLease',
  'SluiceDateAhead',
  'SluiceRegistryOld',
  'SluiceEventsLost',
  'SluiceFlowsEvicted',
  'SluiceLate',
  'SluiceTimeJumps',
  'SluiceStateNotKept',
  'SluiceNoticesFailed',
  'SluiceShadowRegisteredHit',
  'SluiceShadowWouldTrip',
  'SluiceHistoryNotWritten',
  'SluiceHistoryLost',
] as const;
export type AlertName = (typeof ALERT_NAMES)[number];
