/**
 * How registrations are shown beside addresses. With plain ones as they are. With hidden ones by sector and a name in place of the reference: a prefix in
 * clear beside a pseudonym gives away the upper bits of the mapping, and the holder of a narrow prefix is as good as an address.
 */
import { createHmac } from 'node:crypto';
import type { ShownRegistration } from '../../decision/decision-sink.ts';
import type { AddressForm } from './address-forms.ts';

/** A registration in an event. Prefix and holder are absent where addresses are hidden, and `reference` is a name in place of it. */
export interface EventRegistration {
  readonly prefix?: string;
  readonly holder?: string;
  readonly sector: string;
  readonly reference: string;
}

export type ShowRegistration = (registration: ShownRegistration) => EventRegistration;

/** Hexadecimal digits of a name: at 1,000,000 references, one chance in 37 million that two of them share one. */
const NAME_LENGTH = 16;

/** `key` is that of the pseudonyms: the same references have the same names under it. Without one they are numbered as they come. */
export function showRegistrations(form: AddressForm, key?: Uint8Array): ShowRegistration {
  if (form === 'plain') return (registration) => registration;
  const names = new Map<string, string>();
  const nameOf = (reference: string): string =>
    key === undefined
      ? `registration-${names.size + 1}`
      : createHmac('sha256', key).update(`registration\0${reference}`).digest('hex').slice(0, NAME_LENGTH);
  return ({ prefix, sector, reference }) => {
    // Registrations without a reference are told apart by their prefixes.
    const about = reference === '' ? prefix : reference;
    let name = names.get(about);
    if (name === undefined) {
      name = nameOf(about);
      names.set(about, name);
    }
    return { sector, reference: name };
  };
}
