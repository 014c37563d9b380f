/** What the flags about addresses ask for. */
import { readFileSync } from 'node:fs';
import { type ShowAddress, showAddresses } from '../output/shown-address.ts';
import type { AddressFlags } from './address-flags.ts';
import { CommandError, ExitCode } from './exit-code.ts';

/** Throws CommandError where a pseudonym has no key, or the key cannot be used. */
export function addressForm(flags: AddressFlags): ShowAddress {
  if (flags.addresses !== 'pseudonym') return showAddresses(flags.addresses);
  if (flags.addressKey === undefined) {
    throw new CommandError('--addresses pseudonym needs --address-key FILE with 32 octets', ExitCode.WRONG_USAGE);
  }
  try {
    return showAddresses('pseudonym', readFileSync(flags.addressKey));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`cannot use the address key ${flags.addressKey}: ${reason}`, ExitCode.WRONG_USAGE);
  }
}
