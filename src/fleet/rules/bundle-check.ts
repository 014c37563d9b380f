/**
 * Whether a sensor may take a bundle: signed by enough keys, for this sensor, at this time, newer than what it runs,
 * and whole. A bundle that only adds registrations may be signed by the desk's key alone.
 */
import { createHash } from 'node:crypto';
import { parseInstant } from '../../core/iso-time.ts';
import { isSignedBy, type PublicKey } from '../../rules/signing-key.ts';
import { type Bundle, bundleBytes } from './bundle.ts';
import { pointerBytes, type Ring, type RingPointer } from './ring-pointer.ts';

/** The keys whose signatures count. */
export interface FleetTrust {
  readonly keys: readonly PublicKey[];
  /** So many of the keys must have signed a bundle. */
  readonly signatures: number;
  /** Keys of desks: one of them is enough where registrations are only added. */
  readonly deskKeys: readonly PublicKey[];
  /** Keys that may move rings. */
  readonly ringKeys: readonly PublicKey[];
}

/** Why a bundle changes nothing. */
export const REFUSALS = [
  'pointer',
  'missing',
  'manifest',
  'signatures',
  'other-isp',
  'program',
  'not-yet',
  'expired',
  'older',
  'cut',
  'invalid',
  'guard',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** A bundle, or a pointer, that a sensor does not use. The message is a sentence for the operator. */
export class BundleRefused extends Error {
  readonly reason: Refusal;

  constructor(reason: Refusal, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The sensor, as bundles see it. */
export interface BundleReceiver {
  readonly isp: string;
  /** The version of Sluice. */
  readonly program: string;
  readonly nowMs: number;
}

/** Throws BundleRefused unless a key that may move rings has signed the pointer, and it is for this ring. */
export function checkPointer(pointer: RingPointer, ring: Ring, { ringKeys }: FleetTrust, serial: number): void {
  if (pointer.ring !== ring)
    throw new BundleRefused('pointer', `the pointer of ring ${ring} is signed for ring ${pointer.ring}`);
  if (signersOf(pointerBytes(pointer), pointer.signatures, ringKeys).length === 0)
    throw new BundleRefused('pointer', `the pointer of ring ${ring} is not signed by one of --ring-keys`);
  if (pointer.serial < serial)
    throw new BundleRefused('pointer', `the pointer of ring ${ring} has serial ${pointer.serial}, after ${serial}`);
}

/** `version`: of the bundle in use, 0 for none. A sensor returns to the bundle that the one in use names. */
export function checkBundle(
  bundle: Bundle,
  { isp, program, nowMs }: BundleReceiver,
  inUse: { readonly version: number; readonly rollbackTo: number | null },
): void {
  if (bundle.isps?.includes(isp) === false)
    throw new BundleRefused('other-isp', `bundle ${bundle.version} is for ${bundle.isps.join(', ')}, and not ${isp}`);
  if (bundle.min_version !== null && isOlder(program, bundle.min_version))
    throw new BundleRefused(
      'program',
      `bundle ${bundle.version} needs Sluice ${bundle.min_version}, and this is ${program}`,
    );
  if (bundle.version === inUse.rollbackTo) return;
  if (bundle.version <= inUse.version)
    throw new BundleRefused('older', `bundle ${bundle.version} is not newer than ${inUse.version}, which is in use`);
  if (bundle.not_before !== null && nowMs < parseInstant(bundle.not_before) / 1000)
    throw new BundleRefused('not-yet', `bundle ${bundle.version} is not to be used before ${bundle.not_before}`);
  if (bundle.expires !== null && nowMs >= parseInstant(bundle.expires) / 1000)
    throw new BundleRefused('expired', `bundle ${bundle.version} expired at ${bundle.expires}`);
}

/** The signers of a bundle, so far as its manifest says. Throws BundleRefused if they are not enough. */
export function checkSigners(bundle: Bundle, { keys, signatures, deskKeys }: FleetTrust): 'quorum' | 'desk' {
  const bytes = bundleBytes(bundle);
  const signers = signersOf(bytes, bundle.signatures, keys);
  if (signatures > 0 && signers.length >= signatures) return 'quorum';
  if (signersOf(bytes, bundle.signatures, deskKeys).length > 0) return 'desk';
  const by = signers.length === 0 ? '' : ` (${signers.join(', ')})`;
  throw new BundleRefused(
    'signatures',
    `bundle ${bundle.version} needs ${signatures} signatures by known keys, and has ${signers.length}${by}`,
  );
}

/** A part of a bundle with its bytes. Throws BundleRefused if they are not those that the manifest describes. */
export function checkPart(
  version: number,
  what: string,
  { bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
  found: Uint8Array,
): void {
  const seen = createHash('sha256').update(found).digest('hex');
  if (found.length === bytes && seen === sha256) return;
  throw new BundleRefused(
    'cut',
    `the ${what} of bundle ${version} has ${found.length} bytes, SHA-256 ${seen}; ${bytes} bytes, ${sha256} are signed`,
  );
}

/** Ids of the keys with a valid signature. */
export function signersOf(
  bytes: Uint8Array,
  signatures: readonly { readonly key: string; readonly signature: string }[],
  keys: readonly PublicKey[],
): string[] {
  const signers = new Set<string>();
  for (const { key: id, signature } of signatures) {
    const key = keys.find((known) => known.id === id);
    if (key !== undefined && isSignedBy(bytes, signature, key)) signers.add(id);
  }
  return [...signers];
}

/**
 * Whether a registry has each line of another one, and the same header: then registrations were only added. A line that
 * is there twice must be there twice.
 */
export function onlyAdds(before: Uint8Array, after: Uint8Array): boolean {
  const linesOf = (bytes: Uint8Array): string[] =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').split(/\r?\n/);
  const [old, now] = [linesOf(before), linesOf(after)];
  if (old[0] !== now[0]) return false;
  const left = new Map<string, number>();
  for (const line of now) left.set(line, (left.get(line) ?? 0) + 1);
  for (const line of old) {
    const count = left.get(line) ?? 0;
    if (count === 0 && line !== '') return false;
    left.set(line, count - 1);
  }
  return true;
}

/** Whether a version of Sluice comes before another. A version with a suffix counts as the one without. */
function isOlder(version: string, least: string): boolean {
  const numbers = (text: string): number[] => text.split(/[.+-]/, 3).map(Number);
  const [have, need] = [numbers(version), numbers(least)];
  const at = need.findIndex((number, place) => number !== have[place]);
  return at >= 0 && have[at]! < need[at]!;
}
