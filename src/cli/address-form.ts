/** Applies the flags for the form of addresses. */
import { readFileSync, statSync } from 'node:fs';
import { type ShowAddress, showAddresses } from '../output/event/shown-address.ts';
import type { AddressFlags } from './address-flags.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';

/** Permission bits of group and others. */
const OTHERS_MASK = 0o077;

/** Throws CommandError if a pseudonym has no key, or the key cannot be used. */
export function addressForm({ addresses, addressKey }: AddressFlags): ShowAddress {
  if (addresses === 'plain' && addressKey !== undefined)
    throw new CommandError(
      '--address-key hides nothing by itself: add --addresses pseudonym, or truncated',
      ExitCode.WRONG_USAGE,
    );
  if (addresses === 'plain') return showAddresses(addresses);
  if (addressKey === undefined) {
    if (addresses === 'truncated') return showAddresses(addresses);
    throw new CommandError('--addresses pseudonym needs --address-key FILE with 32 bytes', ExitCode.WRONG_USAGE);
  }
  try {
    return showAddresses(addresses, readKey(addressKey));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`cannot use the address key ${addressKey}: ${reason}`, ExitCode.WRONG_USAGE);
  }
}

/** Throws if others can read the key: with it all pseudonyms can be reversed. */
function readKey(path: string): Uint8Array {
  const { mode } = statSync(path);
  if ((mode & OTHERS_MASK) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    throw new Error(`its mode is ${shown}, so others can read it: chmod 600 ${path}`);
  }
  return readFileSync(path);
}
