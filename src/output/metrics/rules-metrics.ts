/** Metrics of policy and registry: what is in use, reloads, calendar dates and the change guard. */
import { byKey, counter, counters, gauge, gauges, MS_PER_SECOND, seconds, type CatalogueMetric } from './metric.ts';

const versionText = (version: number | null | undefined): string => String(version ?? '');

const CALENDAR: readonly CatalogueMetric[] = [
  gauge(
    'sluice_calendar_next_date_timestamp_seconds',
    'Next date of policy or registry at which decisions may change, in packet time; 0 for never.',
    (s) => (s.calendar.nextUs === Infinity ? 0 : seconds(s.calendar.nextUs)),
  ),
  gauge(
    'sluice_calendar_held',
    '1 while a date that exceeds the limits of the change guard is held until it is confirmed, else 0.',
    (s) => (s.calendar.isHeld ? 1 : 0),
  ),
  gauge(
    'sluice_calendar_ahead_beyond_limits',
    'Dates within a day that exceed the limits of the change guard and are not confirmed.',
    (s) => s.calendar.aheadBeyondCount,
  ),
  gauge(
    'sluice_guard_flows_ended',
    'Ended VPN flows on which, besides the active ones, the change guard tries changes of rules.',
    (s) => s.recent.endedCount,
  ),
  counter(
    'sluice_guard_flows_forgotten_total',
    'Ended VPN flows that were overwritten within an hour because there were too many.',
    (s) => s.recent.overwrittenCount,
  ),
];

export const RULES: readonly CatalogueMetric[] = [
  gauges(
    'sluice_rules_info',
    ['sha256', 'policy_version', 'registry_version'],
    'Always 1; the labels show the pair of policy and registry in use: its hash, and the versions from ' +
      'the manifests if there are any.',
    (s) => [
      {
        labels: {
          sha256: s.rulesSha256,
          policy_version: versionText(s.rules.versions?.policy),
          registry_version: versionText(s.rules.versions?.registry),
        },
        value: 1,
      },
    ],
  ),
  gauge('sluice_rules_refused', '1 while rules that the change guard refused wait for a confirmation, else 0.', (s) =>
    s.hasRefusedRules ? 1 : 0,
  ),
  gauges('sluice_policy_info', ['name', 'sha256', 'mode'], 'Always 1; the labels show the policy in use.', (s) => [
    { labels: { name: s.rules.policy.name, sha256: s.rules.policy.sha256, mode: s.decisions.mode }, value: 1 },
  ]),
  gauge('sluice_policy_rules', 'Rules of the policy.', (s) => s.rules.policy.rules.length),
  gauges('sluice_registry_info', ['sha256'], 'Always 1; the label shows the registry in use.', (s) => [
    { labels: { sha256: s.rules.registry.sha256 }, value: 1 },
  ]),
  gauge('sluice_registry_entries', 'Registrations in the registry.', (s) => s.rules.registry.count),
  gauge(
    'sluice_registrations_in_force',
    'Registrations in force at the packet time, as decisions use them.',
    (s) => s.coverage.inForce,
  ),
  gauges(
    'sluice_registered_addresses',
    ['family'],
    'Addresses that registrations in force cover for at least one protocol.',
    (s) => byKey('family', { ipv4: s.coverage.ipv4Addresses, ipv6: s.coverage.ipv6Addresses }),
  ),
  gauge(
    'sluice_registry_age_seconds',
    "Time since the registry's file was last changed.",
    (s) => Math.max(0, Date.now() - s.registryChangedMs) / MS_PER_SECOND,
  ),
  gauge('sluice_rules_loaded_timestamp_seconds', 'Time at which policy and registry were last loaded.', (s) =>
    Math.floor(s.rulesLoadedMs / MS_PER_SECOND),
  ),
  counters(
    'sluice_reloads_total',
    ['result'],
    'Reloads of policy and registry as a pair. After a failure (a file that cannot be used) or a ' +
      'refusal (by the change guard) the old pair stays in use.',
    (s) => byKey('result', s.reloads),
  ),
  ...CALENDAR,
];
