/** The flags of rules that come from a fleet: the sensor's ring, and whose signatures count. */
import { Option } from 'commander';
import { FleetBundles } from '../daemon/fleet-bundles.ts';
import type { FleetRulesOptions } from '../daemon/fleet-rules.ts';
import { type Ring, RINGS } from '../fleet/rules/ring-pointer.ts';
import type { ManifestNeeds } from '../rules/manifest-check.ts';
import { KeyFileError, type PublicKey, readPublicKeys } from '../rules/signing-key.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { FleetShippingOptions } from '../daemon/fleet-shipping.ts';

export interface FleetRulesFlags {
  readonly fleetRules?: Ring;
  readonly ringKeys?: readonly string[];
  readonly deskKeys?: readonly string[];
}

export function fleetRulesOptions(): Option[] {
  return [
    new Option(
      '--fleet-rules <ring>',
      'take rules from the fleet, as a sensor of this ring; --policy and --registry are used before the first bundle',
    ).choices(RINGS),
    new Option('--ring-keys <file...>', 'public keys that may move rings (default: those of --rules-keys)'),
    new Option('--desk-keys <file...>', 'public keys of desks, whose bundles may only add registrations'),
  ];
}

/** Null without `--fleet-rules`. Throws CommandError where a flag that it needs is missing, or a key is unusable. */
export function fleetRulesOf(
  { fleetRules: ring, ringKeys, deskKeys, policy, registry }: FleetRulesFlags & FleetRulesOptions['own'],
  fleet: FleetShippingOptions | null,
  { keys, signatures }: ManifestNeeds,
  stateFolder: string | null,
): FleetRulesOptions | null {
  if (ring === undefined) {
    for (const [name, value] of Object.entries({ 'ring-keys': ringKeys, 'desk-keys': deskKeys }))
      if (value !== undefined) throw new CommandError(`--${name} needs --fleet-rules RING`, ExitCode.WRONG_USAGE);
    return null;
  }
  if (fleet === null) throw new CommandError('--fleet-rules needs --fleet URL', ExitCode.WRONG_USAGE);
  if (keys.length === 0 || signatures === 0)
    throw new CommandError('--fleet-rules needs --rules-keys FILE, whose signatures count', ExitCode.WRONG_USAGE);
  if (stateFolder === null)
    throw new CommandError('--fleet-rules needs a --state folder, in which bundles are kept', ExitCode.WRONG_USAGE);
  const trust = {
    keys,
    signatures,
    deskKeys: publicKeys(deskKeys ?? []),
    ringKeys: ringKeys === undefined ? keys : publicKeys(ringKeys),
  };
  const { isp, site } = fleet;
  return { isp, site, ring, trust, bundles: bundlesIn(stateFolder), own: { policy, registry } };
}

function bundlesIn(stateFolder: string): FleetBundles {
  try {
    return new FleetBundles(stateFolder);
  } catch (error) {
    throw new CommandError(`bundles cannot be kept in ${stateFolder}: ${(error as Error).message}`, ExitCode.FAILED);
  }
}

function publicKeys(files: readonly string[]): PublicKey[] {
  try {
    return files.flatMap(readPublicKeys);
  } catch (error) {
    if (error instanceof KeyFileError) throw new CommandError(error.message, ExitCode.WRONG_USAGE);
    throw error;
  }
}
