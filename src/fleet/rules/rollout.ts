/**
 * Leads a bundle through the rings: moves a ring, waits until its sensors have run the bundle for the soak without
 * harm, and moves the next. At the first sign of harm every ring that was moved returns to the bundle before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PublicKey } from '../../rules/signing-key.ts';
import { signBytes } from '../../rules/signing-key.ts';
import { FleetError } from '../fleet-link.ts';
import { type Bundle, bundleId } from './bundle.ts';
import { pointerBytes, type Ring, type RingPointer } from './ring-pointer.ts';
import type { RulesPublisher } from './rules-publisher.ts';
import type { SensorStatus } from './sensor-status.ts';

const LOOK_MS = 1000;
/** A sensor that said nothing for so long is not waited for. */
export const SILENT_MS = 30_000;

export interface RolloutLimits {
  /** Time for which all sensors of a ring must run the bundle; 0 for no waiting. */
  readonly soakMs: number;
  /** Clients that a sensor may newly hit, as far as they are not registered. */
  readonly newlyHit: number;
  /** Time in which the sensors of a ring must take the bundle. */
  readonly takeMs: number;
}

export interface RolloutStep {
  readonly ring: Ring;
  readonly state: 'moved' | 'running' | 'soaked' | 'stopped' | 'returned';
  readonly text: string;
}

/** A reason to stop, as a sentence. */
export function harmOf(status: SensorStatus, { version }: Bundle, newlyHit: number): string | null {
  const { isp, site, refused, bundle, registered_hits: hits, trips, shadow } = status;
  const sensor = `${isp}/${site}`;
  if (refused !== null && (refused.version === null || refused.version === version))
    return `${sensor} refuses it: ${refused.problem}`;
  if (bundle?.version !== version) return null;
  if (hits > 0) return `${sensor} has ${hits} registered hits`;
  if (trips > 0) return `the breaker of ${sensor} tripped`;
  if (shadow === null) return null;
  if (shadow.lost_registration > 0)
    return `${sensor} hits ${shadow.lost_registration} clients whose registration the bundle takes away`;
  if (shadow.newly_hit > newlyHit)
    return `${sensor} newly hits ${shadow.newly_hit} clients: ${newlyHit} are allowed (--most-newly-hit)`;
  return null;
}

export class Rollout {
  private readonly publisher: RulesPublisher;
  private readonly key: PublicKey;
  private readonly onStep: (step: RolloutStep) => void;
  /** Rings that were moved, with the bundle before. */
  private readonly moved: { readonly ring: Ring; readonly before: RingPointer | null }[] = [];

  constructor(publisher: RulesPublisher, key: PublicKey, onStep: (step: RolloutStep) => void) {
    this.publisher = publisher;
    this.key = key;
    this.onStep = onStep;
  }

  /** Leads the bundle through the rings, in this order. False if it was stopped, and all that was moved returned. */
  async run(bundle: Bundle, rings: readonly Ring[], limits: RolloutLimits): Promise<boolean> {
    for (const ring of rings) {
      await this.move(bundle, ring);
      if (limits.soakMs === 0) continue;
      const harm = await this.soak(bundle, ring, limits);
      if (harm === null) continue;
      this.onStep({ ring, state: 'stopped', text: harm });
      await this.returnAll(bundle);
      return false;
    }
    return true;
  }

  /** Points a ring at a bundle. */
  async move(bundle: Bundle, ring: Ring): Promise<void> {
    const { pointer: before, revision } = await this.publisher.pointer(ring);
    const id = bundleId(bundle);
    if (before?.bundle === id) {
      this.onStep({ ring, state: 'moved', text: `runs bundle ${bundle.version} already` });
      return;
    }
    const unsigned: RingPointer = {
      pointer: 1,
      ring,
      serial: await this.publisher.nextSerial(),
      bundle: id,
      version: bundle.version,
      created: `${new Date().toISOString().slice(0, 19)}Z`,
      signatures: [],
    };
    const signature = signBytes(pointerBytes(unsigned), this.key);
    await this.publisher.point({ ...unsigned, signatures: [{ key: this.key.id, signature }] }, revision);
    this.moved.push({ ring, before });
    const from = before === null ? 'its sensors have their own files' : `after ${before.version}`;
    this.onStep({ ring, state: 'moved', text: `should run bundle ${bundle.version}: ${from}` });
  }

  /** Null after the soak; why not before. */
  private async soak(bundle: Bundle, ring: Ring, { soakMs, newlyHit, takeMs }: RolloutLimits): Promise<string | null> {
    const beganMs = performance.now();
    let sinceMs: number | null = null;
    for (;;) {
      await sleep(LOOK_MS);
      const nowMs = performance.now();
      const fresh = (await this.publisher.statuses()).filter((status) => status.ring === ring && isFresh(status));
      const harm = fresh.map((status) => harmOf(status, bundle, newlyHit)).find((text) => text !== null);
      if (harm !== undefined) return harm;
      // What the bundle does to the last hour's flows must be known of each sensor.
      const isRunning = fresh.every((status) => status.bundle?.version === bundle.version && status.shadow !== null);
      if (fresh.length === 0 || !isRunning) {
        sinceMs = null;
        if (nowMs - beganMs > takeMs + soakMs)
          return fresh.length === 0
            ? `no sensor of ring ${ring} says what it runs`
            : `not all sensors of ring ${ring} have taken it within ${Math.round((takeMs + soakMs) / 1000)} s`;
        continue;
      }
      if (sinceMs === null) {
        sinceMs = nowMs;
        this.onStep({ ring, state: 'running', text: `${fresh.length} sensors run bundle ${bundle.version}` });
      }
      if (nowMs - sinceMs < soakMs) continue;
      this.onStep({ ring, state: 'soaked', text: `bundle ${bundle.version} did no harm` });
      return null;
    }
  }

  private async returnAll({ version, rollback_to: target }: Bundle): Promise<void> {
    for (const { ring, before } of [...this.moved].reverse()) {
      if (before?.version !== target) {
        const text = `stays at bundle ${version}: that does not name the bundle before as rollback_to`;
        this.onStep({ ring, state: 'stopped', text });
        continue;
      }
      const earlier = await this.publisher.bundle(before.version);
      if (earlier === null) throw new FleetError(`the fleet has no bundle ${before.version}, to which to return`);
      await this.move(earlier, ring);
      this.onStep({ ring, state: 'returned', text: `returns to bundle ${before.version}` });
    }
  }
}

export function isFresh({ seen_ms: seenMs }: SensorStatus): boolean {
  return Date.now() - seenMs < SILENT_MS;
}
