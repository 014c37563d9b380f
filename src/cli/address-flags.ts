/** The flags that say how addresses are shown, and what they ask for. */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { ADDRESS_FORMS, type AddressForm, type ShowAddress, showAddresses } from '../output/shown-address.ts';
import { CommandError, ExitCode } from './exit-code.ts';

export interface AddressFlags {
  readonly addresses: AddressForm;
  readonly addressKey?: string;
}

export function addressesOption(): Option {
  return new Option('--addresses <form>', 'how addresses are shown').choices(ADDRESS_FORMS).default('plain');
}

export function addressKeyOption(): Option {
  return new Option('--address-key <file>', 'key of 32 octets for --addresses pseudonym');
}

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
