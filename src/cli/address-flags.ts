/** The flags for the form of addresses. */
import { Option } from 'commander';
import { ADDRESS_FORMS, type AddressForm } from '../output/event/address-forms.ts';

export interface AddressFlags {
  readonly addresses: AddressForm;
  readonly addressKey?: string;
}

export function addressesOption(): Option {
  return new Option(
    '--addresses <form>',
    'how addresses are shown; where they are hidden, registrations have no prefix and no holder',
  )
    .choices(ADDRESS_FORMS)
    .default('plain');
}

export function addressKeyOption(): Option {
  return new Option(
    '--address-key <file>',
    'key of 32 bytes for --addresses pseudonym, readable by its owner alone; with truncated it names registrations',
  );
}
