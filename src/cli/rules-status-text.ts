/** The text of `sluice rules status`. */
import type { Ring } from '../fleet/rules/ring-pointer.ts';
import type { SensorStatus } from '../fleet/rules/sensor-status.ts';

export interface ShownRing {
  readonly ring: Ring;
  /** Null for no bundle. */
  readonly version: number | null;
}

/** A line for each ring, then one for each sensor. */
export function statusLines(
  rings: readonly ShownRing[],
  sensors: readonly (SensorStatus & { readonly is_silent: boolean })[],
): string {
  const lines = rings.map(({ ring, version }) => {
    const ofRing = sensors.filter((sensor) => sensor.ring === ring);
    const running = ofRing.filter(({ bundle }) => version !== null && bundle?.version === version).length;
    const should = version === null ? 'no bundle' : `bundle ${version}`;
    return `ring ${ring.padEnd(6)}  ${should}, used by ${running} of ${ofRing.length} sensors`;
  });
  for (const { isp, site, ring, bundle, rules, refused, registered_hits: hits, trips, is_silent: silent } of sensors) {
    const used = bundle === null ? 'own files' : `bundle ${bundle.version}`;
    const facts = [
      `ring ${ring}`,
      used,
      `rules ${rules.slice(0, 12)}`,
      `${hits} registered hits`,
      `${trips} trips`,
      ...(silent ? ['silent'] : []),
      ...(refused === null
        ? []
        : [`refuses ${refused.version ?? 'the pointer'} (${refused.reason}): ${refused.problem}`]),
    ];
    lines.push(`${isp}/${site}  ${facts.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}
