/**
 * The rules of a sensor from its fleet: looks at the pointer of its ring twice a second, verifies a new bundle, has the
 * guard try it, uses it, and says what it runs. Without the fleet the sensor keeps its rules. A bundle that it may not
 * use changes nothing, and is said once.
 */
import { readFile } from 'node:fs/promises';
import { type Rules, rulesSha256 } from '../decision/rules.ts';
import { HitKind } from '../decision/registered-hits.ts';
import { FleetError, type FleetLink } from '../fleet/fleet-link.ts';
import { type Bundle, bundleId, parseBundle } from '../fleet/rules/bundle.ts';
import {
  BundleRefused,
  checkBundle,
  checkPart,
  checkPointer,
  checkSigners,
  type FleetTrust,
  onlyAdds,
  type Refusal,
} from '../fleet/rules/bundle-check.ts';
import { bundleName, partName } from '../fleet/rules/rule-buckets.ts';
import { parsePointer, type Ring, type RingPointer } from '../fleet/rules/ring-pointer.ts';
import { RulesReader } from '../fleet/rules/rules-reader.ts';
import type { SensorRules } from '../fleet/rules/sensor-status.ts';
import { statusSubject } from '../fleet/subjects.ts';
import type { Log } from '../output/log/log.ts';
import type { RunEngine } from './daemon-engine.ts';
import { type FleetBundles, isSameBundle } from './fleet-bundles.ts';
import type { FleetRulesFigures } from '../output/metrics/metrics-sources.ts';
import type { RunNotices } from './notices.ts';
import { problemLine } from '../rules/rules-problem.ts';
import type { RunChanges } from './rule-changes.ts';
import type { RulesSources } from './rules-state.ts';

export interface FleetRulesOptions {
  readonly isp: string;
  readonly site: string;
  readonly ring: Ring;
  readonly trust: FleetTrust;
  readonly bundles: FleetBundles;
  /** The registry that is used without a bundle, whose rows a desk's bundle must keep, and its policy. */
  readonly own: { readonly policy: string; readonly registry: string };
}

export interface FleetRulesParts {
  readonly link: FleetLink;
  readonly engine: RunEngine;
  readonly changes: RunChanges;
  readonly notices: RunNotices;
  readonly program: string;
  readonly log: Log;
}

/** A status is sent when it changes, and so often. */
const STATUS_MS = 10_000;
/** Refusals that may end without another pointer, and when they are looked at again. */
const RETRIED: readonly Refusal[] = ['missing', 'signatures', 'not-yet', 'cut'];
const RETRY_MS = 5000;
/**
 * The rules before are kept so long, and tried on the flows of the last hour so often, or after so many times the time
 * that it took.
 */
const COMPARED_MS = 3_600_000;
const COMPARE_MS = 5000;
const COMPARE_RATIO = 100;

export class RunFleetRules {
  /** Bundles and pointers that were refused, each counted once. */
  refusedCount = 0;
  private readonly options: FleetRulesOptions;
  private readonly parts: FleetRulesParts;
  private readonly reader: RulesReader;
  private retryAtMs = 0;
  private isStopped = false;
  private working: Promise<void> | null = null;
  /** The pointer that was dealt with last, as text. */
  private seen = '';
  private refused: SensorRules['refused'] = null;
  /** The rules before those of the bundle, for an hour. */
  private before: { readonly rules: Rules; readonly untilMs: number } | null = null;
  private since: { rules: string; hits: number; trips: number };
  private shadow: SensorRules['shadow'] = null;
  private compareAtMs = 0;
  private sent = '';
  private sentMs = -Infinity;

  constructor(options: FleetRulesOptions, parts: FleetRulesParts) {
    this.options = options;
    this.parts = parts;
    this.reader = new RulesReader(parts.link);
    this.since = this.counts();
    if (options.bundles.problem !== '') parts.log.error({ problem: options.bundles.problem }, 'a bundle was not kept');
  }

  get figures(): FleetRulesFigures {
    const { current } = this.options.bundles;
    return {
      version: current?.version ?? 0,
      isRefused: this.refused !== null,
      refusedCount: this.refusedCount,
    };
  }

  /** To be called about twice a second. */
  tick(): void {
    if (!this.isStopped) this.working ??= this.work().finally(() => (this.working = null));
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.working;
  }

  private async work(): Promise<void> {
    try {
      await this.follow();
      this.compare();
      await this.say();
    } catch (error) {
      // Without the fleet there is nothing to follow; the link says why.
      if (!(error instanceof FleetError)) this.parts.log.error({ problem: (error as Error).message }, 'fleet rules');
    }
  }

  /** Reads the pointer of the ring, and takes what it names. */
  private async follow(): Promise<void> {
    const { ring, bundles } = this.options;
    const bytes = await this.reader.pointer(ring);
    if (bytes === null) return;
    const text = Buffer.from(bytes).toString('latin1');
    if (text === this.seen && !this.mayRetry()) return;
    const { pointer, problem } = parsePointer(bytes);
    try {
      if (pointer === null) throw new BundleRefused('pointer', problem);
      checkPointer(pointer, ring, this.options.trust, bundles.serialOf(ring));
      if (!isSameBundle(bundles.current, pointer.bundle)) await this.take(pointer);
      else bundles.note(ring, pointer.serial);
      this.refused = null;
    } catch (error) {
      if (!(error instanceof BundleRefused)) throw error;
      this.refuse(error, pointer?.version ?? null, text === this.seen);
    }
    this.seen = text;
  }

  /** Whether time, a second signature, or an operator's confirmation may have changed something. */
  private mayRetry(): boolean {
    if (this.refused?.reason === 'guard') return this.parts.changes.guard.refused === null;
    return this.refused !== null && RETRIED.includes(this.refused.reason) && performance.now() > this.retryAtMs;
  }

  private async take(pointer: RingPointer): Promise<void> {
    const { bundles, ring } = this.options;
    const before = bundles.current;
    const isReturn = before !== null && before.rollback_to === pointer.version;
    const kept = isReturn && isSameBundle(bundles.previous, pointer.bundle) ? bundles.previous : null;
    const bundle = kept ?? (await this.fetched(pointer));
    const inUse = { version: before?.version ?? 0, rollbackTo: before?.rollback_to ?? null };
    const { isp } = this.options;
    checkBundle(bundle, { isp, program: this.parts.program, nowMs: Date.now() }, inUse);
    if (kept === null) await bundles.keep(bundle, await this.sourcesOf(bundle));
    const rulesBefore = this.parts.engine.rules;
    const { result, problems } = await this.parts.changes.reloads.take(
      { ...bundles.pathsOf(bundle.version), bundle: { version: bundle.version, rows: bundle.registry.rows } },
      `bundle ${bundle.version} of ring ${ring}`,
      // It was in use here before, and the fleet's keys say to return to it.
      { isTrusted: kept !== null },
    );
    if (result === 'failure')
      throw new BundleRefused('invalid', `bundle ${bundle.version}: ${problems.map(problemLine).join('; ')}`);
    if (result === 'refused')
      throw new BundleRefused(
        'guard',
        `the guard refuses bundle ${bundle.version}: ${problems.map(problemLine).join('; ')}`,
      );
    bundles.use(bundle, ring, pointer.serial);
    this.before = { rules: rulesBefore, untilMs: performance.now() + COMPARED_MS };
    this.shadow = null;
    this.compareAtMs = 0;
    this.since = this.counts();
    const used = { bundle: bundle.version, ring, before: before?.version ?? null, isReturn };
    this.parts.log.info(used, 'a bundle of the fleet is used');
  }

  /** The manifest of the bundle that a pointer names. */
  private async fetched(pointer: RingPointer): Promise<Bundle> {
    const { bundle, problem } = parseBundle(await this.reader.object(bundleName(pointer.version)));
    if (bundle === null) throw new BundleRefused('manifest', `bundle ${pointer.version}: ${problem}`);
    if (bundleId(bundle) !== pointer.bundle)
      throw new BundleRefused('manifest', `bundle ${pointer.version} in the fleet is not the one that the ring names`);
    return bundle;
  }

  /** The files of a bundle, verified. */
  private async sourcesOf(bundle: Bundle): Promise<RulesSources> {
    const signers = checkSigners(bundle, this.options.trust);
    const { policy, registry, version } = bundle;
    const read = async (kind: 'policy' | 'registry', sha256: string): Promise<Uint8Array> => {
      const bytes = await this.reader.object(partName(kind, sha256));
      checkPart(version, kind, bundle[kind], bytes);
      return bytes;
    };
    const sources = { policy: await read('policy', policy.sha256), registry: await read('registry', registry.sha256) };
    if (signers === 'desk') await this.checkOnlyAdds(bundle, sources);
    return sources;
  }

  /** A desk's key may add registrations, and nothing else. */
  private async checkOnlyAdds({ version }: Bundle, { policy, registry }: RulesSources): Promise<void> {
    const { own, bundles } = this.options;
    const paths = bundles.current === null ? own : bundles.pathsOf(bundles.current.version);
    const isSamePolicy = Buffer.compare(await readFile(paths.policy), policy) === 0;
    if (isSamePolicy && onlyAdds(await readFile(paths.registry), registry)) return;
    const what = isSamePolicy ? 'takes registrations away or changes them' : 'changes the policy';
    throw new BundleRefused('signatures', `bundle ${version} is signed by a desk's key alone, and ${what}`);
  }

  private refuse({ reason, message }: BundleRefused, version: number | null, isKnown: boolean): void {
    this.retryAtMs = performance.now() + RETRY_MS;
    this.refused = { version, reason, problem: message.slice(0, 2000) };
    if (isKnown) return;
    this.refusedCount++;
    this.parts.log.error({ reason, problem: message }, 'a bundle of the fleet changes nothing');
    // The guard and invalid files have sent their notice.
    if (reason !== 'guard' && reason !== 'invalid') this.parts.notices.reloadRefused('failure', [message]);
  }

  /** What the rules in use do to the clients of the last hour, and those before would not. */
  private compare(): void {
    const beganMs = performance.now();
    if (this.before === null || beganMs < this.compareAtMs) return;
    const evaluation = this.parts.engine.evaluateSince(this.before.rules);
    const endMs = performance.now();
    this.compareAtMs = endMs + Math.max(COMPARE_MS, COMPARE_RATIO * (endMs - beganMs));
    if (endMs > this.before.untilMs) this.before = null;
    this.shadow = { newly_hit: evaluation.newlyHit, lost_registration: evaluation.deregistered };
  }

  private counts(): { rules: string; hits: number; trips: number } {
    const { engine } = this.parts;
    return {
      rules: rulesSha256(engine.rules),
      hits: engine.decisions.counts.hits.total(HitKind.IN_FORCE),
      trips: engine.admission.tripCount,
    };
  }

  /** Says what the sensor runs, if that has changed, or the last time is long ago. */
  private async say(): Promise<void> {
    const { options, parts, since } = this;
    const { current } = options.bundles;
    const now = this.counts();
    const rules: Omit<SensorRules, 'at_ms'> = {
      ring: options.ring,
      program: parts.program,
      bundle: current === null ? null : { version: current.version, id: bundleId(current) },
      rules: now.rules,
      refused: this.refused,
      registered_hits: Math.max(0, now.hits - since.hits),
      trips: Math.max(0, now.trips - since.trips),
      shadow: this.shadow,
    };
    const text = JSON.stringify(rules);
    if (text === this.sent && performance.now() - this.sentMs < STATUS_MS) return;
    const bytes = new TextEncoder().encode(JSON.stringify({ ...rules, at_ms: Date.now() }));
    await parts.link.request(statusSubject(options.isp, options.site), bytes);
    this.sent = text;
    this.sentMs = performance.now();
  }
}
