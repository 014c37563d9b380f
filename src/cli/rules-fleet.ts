/** `sluice rules bundle | publish | status | rollback`: the rules of a fleet. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { parseInstant } from '../core/iso-time.ts';
import { formatIssue } from '../core/issue.ts';
import { FleetError } from '../fleet/fleet-link.ts';
import { type Bundle, bundleBytes, bundleText, parseBundle } from '../fleet/rules/bundle.ts';
import { BundleRefused, checkPart } from '../fleet/rules/bundle-check.ts';
import { type Ring, RINGS } from '../fleet/rules/ring-pointer.ts';
import { isFresh, Rollout, type RolloutStep } from '../fleet/rules/rollout.ts';
import { type BundleFiles, RulesPublisher } from '../fleet/rules/rules-publisher.ts';
import { readPolicy, readRegistry } from '../rules/load-rules.ts';
import { policyBytes, registryBytes } from '../rules/rules-bytes.ts';
import { KeyFileError, type PublicKey, readPrivateKey, signBytes } from '../rules/signing-key.ts';
import { addressOf, type NatsFlags } from './nats-flags.ts';
import { statusLines } from './rules-status-text.ts';

export interface BundleFlags {
  readonly policy: string;
  readonly registry: string;
  readonly key?: string;
  readonly bundleVersion?: number;
  readonly rollbackTo?: number;
  readonly isps?: string;
  readonly notBefore?: string;
  readonly expires?: string;
  readonly minVersion?: string;
}

export interface PublishFlags extends NatsFlags {
  readonly policy: string;
  readonly registry: string;
  readonly ringKey: string;
  readonly ring?: Ring | 'every';
  readonly soak: number;
  readonly take: number;
  readonly mostNewlyHit: number;
}

export interface StatusFlags extends NatsFlags {
  readonly json?: boolean;
}

export interface RollbackFlags extends NatsFlags {
  readonly ring?: Ring;
  readonly ringKey: string;
}

const SUFFIX = '.bundle.json';

/** Writes the manifest of a bundle, and signs it. Only valid files are signed. */
export async function bundleRules(flags: BundleFlags): Promise<ExitCode> {
  const policy = await readPolicy(flags.policy);
  const registry = await readRegistry(flags.registry);
  for (const { issues } of [policy, registry])
    for (const issue of issues.kept) if (issue.severity === 'error') process.stderr.write(`${formatIssue(issue)}\n`);
  if (!policy.issues.ok || !registry.issues.ok) return ExitCode.INVALID_RULES;
  const path = flags.registry + SUFFIX;
  const before = existsSync(path) ? bundleAt(path) : null;
  const parts = {
    policy: { bytes: policy.seen.bytes, sha256: policy.seen.sha256 },
    registry: { rows: registry.seen.rows ?? 0, bytes: registry.seen.bytes, sha256: registry.seen.sha256 },
  };
  const bundle = nextBundle(before, parts, flags);
  const key = flags.key === undefined ? null : privateKey(flags.key);
  const signatures = bundle.signatures.filter(({ key: id }) => id !== key?.id);
  if (key !== null) signatures.push({ key: key.id, signature: signBytes(bundleBytes(bundle), key) });
  const text = bundleText({ ...bundle, signatures });
  const { problem } = parseBundle(Buffer.from(text));
  if (problem !== null) throw new CommandError(problem, ExitCode.WRONG_USAGE);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  const signers = signatures.map(({ key: id }) => id).join(', ');
  const signed = signers === '' ? 'no signature' : `signed by ${signers}`;
  process.stdout.write(`${path}: version ${bundle.version}, ${parts.registry.rows} registrations, ${signed}\n`);
  return ExitCode.DONE;
}

/** The bundle before if it describes the same, else one that follows it. */
function nextBundle(before: Bundle | null, parts: Pick<Bundle, 'policy' | 'registry'>, flags: BundleFlags): Bundle {
  const isSame = before?.policy.sha256 === parts.policy.sha256 && before.registry.sha256 === parts.registry.sha256;
  const { bundleVersion, rollbackTo, isps, notBefore, expires, minVersion } = flags;
  const isChanged = [rollbackTo, isps, notBefore, expires, minVersion].some((value) => value !== undefined);
  if (isSame && !isChanged && (bundleVersion === undefined || bundleVersion === before.version)) return before;
  if (bundleVersion !== undefined && before !== null && bundleVersion <= before.version)
    throw new CommandError(
      `--bundle-version ${bundleVersion}: the bundle that is there has ${before.version}, and versions only rise`,
      ExitCode.WRONG_USAGE,
    );
  for (const [name, time] of Object.entries({ 'not-before': notBefore, expires }))
    if (time !== undefined && Number.isNaN(parseInstant(time)))
      throw new CommandError(
        `--${name} ${time}: use a time with its zone, like 2024-11-30T23:59:59Z`,
        ExitCode.WRONG_USAGE,
      );
  return {
    bundle: 1,
    version: bundleVersion ?? (before === null ? 1 : before.version + 1),
    created: `${new Date().toISOString().slice(0, 19)}Z`,
    min_version: minVersion ?? null,
    not_before: notBefore ?? null,
    expires: expires ?? null,
    rollback_to: rollbackTo ?? before?.version ?? null,
    isps: isps?.split(',') ?? null,
    ...parts,
    signatures: [],
  };
}

export async function publishRules(flags: PublishFlags): Promise<ExitCode> {
  const path = flags.registry + SUFFIX;
  if (!existsSync(path))
    throw new CommandError(`${path} is missing: make it with sluice rules bundle`, ExitCode.WRONG_USAGE);
  const text = readFileSync(path, 'utf8');
  const bundle = bundleAt(path);
  const files = { policy: await policyBytes(flags.policy), registry: await registryBytes(flags.registry) };
  checkFiles(bundle, files);
  const key = privateKey(flags.ringKey);
  return withPublisher(flags, async (publisher) => {
    await publisher.put(bundle, text, files);
    const rollout = new Rollout(publisher, key, printStep);
    const isWaiting = flags.ring === undefined;
    const rings = flags.ring === undefined || flags.ring === 'every' ? RINGS : [flags.ring];
    const limits = { soakMs: isWaiting ? flags.soak : 0, newlyHit: flags.mostNewlyHit, takeMs: flags.take };
    return (await rollout.run(bundle, rings, limits)) ? ExitCode.DONE : ExitCode.FAILED;
  });
}

export function rulesStatus(flags: StatusFlags): Promise<ExitCode> {
  return withPublisher(flags, async (publisher) => {
    const rings = await Promise.all(RINGS.map(async (ring) => ({ ring, ...(await publisher.pointer(ring)) })));
    const sensors = (await publisher.statuses()).map((status) => ({ ...status, is_silent: !isFresh(status) }));
    if (flags.json === true) {
      const shown = rings.map(({ ring, pointer }) => ({ ring, version: pointer?.version ?? null, pointer }));
      process.stdout.write(`${JSON.stringify({ rings: shown, sensors })}\n`);
    } else {
      const shown = rings.map(({ ring, pointer }) => ({ ring, version: pointer?.version ?? null }));
      process.stdout.write(statusLines(shown, sensors));
    }
    return ExitCode.DONE;
  });
}

export function rollbackRules(flags: RollbackFlags): Promise<ExitCode> {
  const key = privateKey(flags.ringKey);
  return withPublisher(flags, async (publisher) => {
    const rollout = new Rollout(publisher, key, printStep);
    let returned = 0;
    for (const ring of flags.ring === undefined ? RINGS : [flags.ring]) {
      const { pointer } = await publisher.pointer(ring);
      const bundle = pointer === null ? null : await publisher.bundle(pointer.version);
      const target = bundle?.rollback_to ?? null;
      const earlier = target === null ? null : await publisher.bundle(target);
      if (earlier === null) {
        process.stderr.write(`ring ${ring}: stays, as no bundle is named to which it could return\n`);
        continue;
      }
      await rollout.move(earlier, ring);
      returned++;
    }
    return returned > 0 ? ExitCode.DONE : ExitCode.FAILED;
  });
}

function printStep({ ring, text }: RolloutStep): void {
  process.stdout.write(`ring ${ring}: ${text}\n`);
}

function checkFiles(bundle: Bundle, files: BundleFiles): void {
  try {
    for (const kind of ['policy', 'registry'] as const) checkPart(bundle.version, kind, bundle[kind], files[kind]);
  } catch (error) {
    if (error instanceof BundleRefused) throw new CommandError(error.message, ExitCode.INVALID_RULES);
    throw error;
  }
}

async function withPublisher(
  flags: NatsFlags,
  work: (publisher: RulesPublisher) => Promise<ExitCode>,
): Promise<ExitCode> {
  const address = addressOf(flags);
  if (address === null) throw new CommandError('name the servers: --nats nats://127.0.0.1:4222', ExitCode.WRONG_USAGE);
  let publisher: RulesPublisher | null = null;
  try {
    publisher = await RulesPublisher.open(address);
    return await work(publisher);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { message } = error as Error;
    const hint = /stream not found|no responders/i.test(message) ? ' (deploy/nats/make-streams.mjs makes them)' : '';
    throw new CommandError(`${error instanceof FleetError ? '' : 'the fleet: '}${message}${hint}`, ExitCode.FAILED);
  } finally {
    await publisher?.close();
  }
}

function bundleAt(path: string): Bundle {
  const { bundle, problem } = parseBundle(readFileSync(path));
  if (bundle !== null) return bundle;
  throw new CommandError(`${path} cannot be used: ${problem}; move it aside`, ExitCode.WRONG_USAGE);
}

function privateKey(path: string): PublicKey {
  try {
    return readPrivateKey(path);
  } catch (error) {
    if (error instanceof KeyFileError) throw new CommandError(error.message, ExitCode.WRONG_USAGE);
    throw error;
  }
}
