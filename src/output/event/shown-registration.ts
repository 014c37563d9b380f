/**
 * How outputs show registrations. With plain addresses they are shown as they are. With hidden addresses they are shown
 * by sector and a pseudonym of the reference: a plain prefix beside a pseudonym reveals the upper bits of the mapping,
 * and the holder of a narrow prefix identifies an address.
 */
import { createHmac } from 'node:crypto';
import type { infer as Infer } from 'zod/mini';
import type { ShownRegistration } from '../../decision/decision-sink.ts';
import type { AddressForm } from './address-forms.ts';
import type { registration as schema } from './schema/flow-schema.ts';

/** A registration in an event. With hidden addresses, prefix and holder are absent and `reference` is a pseudonym. */
export type EventRegistration = Infer<typeof schema>;

export type ShowRegistration = (registration: ShownRegistration) => EventRegistration;

/** Hexadecimal digits of a pseudonym: at 1,000,000 references, the chance of any collision is one in 37 million. */
const NAME_LENGTH = 16;

/**
 * `key` is the key of the address pseudonyms: it maps equal references to equal names. Without a key, references are
 * numbered in order of appearance.
 */
export function showRegistrations(form: AddressForm, key?: Uint8Array): ShowRegistration {
  if (form === 'plain') return (registration) => registration;
  const names = new Map<string, string>();
  const nameOf = (reference: string): string =>
    key === undefined
      ? `registration-${names.size + 1}`
      : createHmac('sha256', key).update(`registration\0${reference}`).digest('hex').slice(0, NAME_LENGTH);
  return ({ prefix, sector, reference }) => {
    // A registration without a reference is identified by its prefix.
    const about = reference === '' ? prefix : reference;
    let name = names.get(about);
    if (name === undefined) {
      name = nameOf(about);
      names.set(about, name);
    }
    return { sector, reference: name };
  };
}
