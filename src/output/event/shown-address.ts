/**
 * How all outputs show addresses: plain, truncated to /24 and /48, or as a prefix-preserving pseudonym (Crypto-PAn: Xu,
 * Fan, Ammar and Moon, "Prefix-preserving IP address anonymization", 2002) under a 32-byte key from a file. Values
 * derived from addresses (Community ID, flow_id) are derived from the shown address, and registrations are shown
 * accordingly.
 */
import { createCipheriv } from 'node:crypto';
import { isMappedIpv4 } from '../../core/ip-address.ts';
import type { AddressForm } from './address-forms.ts';
import { type ShowRegistration, showRegistrations } from './shown-registration.ts';

/** Writes the words to show for an address into `shown`. */
export interface ShowAddress {
  (address: ArrayLike<number>, shown: Int32Array): void;
  readonly registration: ShowRegistration;
}

export const PSEUDONYM_KEY_LENGTH = 32;

const REMEMBERED_LIMIT = 65_536;

export function showAddresses(form: AddressForm, key?: Uint8Array): ShowAddress {
  const registration = showRegistrations(form, key);
  switch (form) {
    case 'plain':
      return Object.assign(copy.bind(null), { registration });
    case 'truncated':
      return Object.assign(truncate.bind(null), { registration });
    case 'pseudonym':
      if (key?.length !== PSEUDONYM_KEY_LENGTH)
        throw new Error(
          `a pseudonym key has ${PSEUDONYM_KEY_LENGTH} bytes, and this has ${key?.length ?? 0}; make one ` +
            `with (umask 077; head -c ${PSEUDONYM_KEY_LENGTH} /dev/urandom > FILE)`,
        );
      return Object.assign(pseudonym(key), { registration });
  }
}

function copy(address: ArrayLike<number>, shown: Int32Array): void {
  shown.set(address);
}

function truncate(address: ArrayLike<number>, shown: Int32Array): void {
  shown.set(address);
  if (isMappedIpv4(address[0]!, address[1]!, address[2]!)) {
    shown[3] = address[3]! & 0xffffff00;
  } else {
    shown[1] = address[1]! & 0xffff0000;
    shown[2] = 0;
    shown[3] = 0;
  }
}

/**
 * Crypto-PAn: bit i of the result is bit i of the address, XOR the first bit of AES over the address's first i bits
 * followed by the pad's bits.
 */
function pseudonym(key: Uint8Array): (address: ArrayLike<number>, shown: Int32Array) => void {
  const cipher = createCipheriv('aes-128-ecb', key.subarray(0, 16), null);
  cipher.setAutoPadding(false);
  const pad = new Uint8Array(cipher.update(key.subarray(16)));
  const remembered = new Map<string, Int32Array>();
  const padWords = new DataView(pad.buffer, pad.byteOffset, 16);
  const block = new Uint8Array(16);
  const blockWords = new DataView(block.buffer);

  const turn = (words: readonly number[]): number[] => {
    const result: number[] = [];
    for (let word = 0; word < words.length; word++) {
      let turned = 0;
      for (let bit = 0; bit < 32; bit++) {
        for (let i = 0; i < 4; i++) blockWords.setInt32(i * 4, i < word ? words[i]! : padWords.getInt32(i * 4));
        const mask = bit === 0 ? 0 : -1 << (32 - bit);
        blockWords.setInt32(word * 4, (words[word]! & mask) | (padWords.getInt32(word * 4) & ~mask));
        const first = cipher.update(block)[0]!;
        turned |= (first >> 7) << (31 - bit);
      }
      result.push(words[word]! ^ turned);
    }
    return result;
  };

  return (address, shown) => {
    const isIpv4 = isMappedIpv4(address[0]!, address[1]!, address[2]!);
    const name = Array.from(address).join();
    let found = remembered.get(name);
    if (found === undefined) {
      const words = isIpv4 ? [0, 0, address[2]!, ...turn([address[3]!])] : turn(Array.from(address));
      found = Int32Array.from(words);
      if (remembered.size === REMEMBERED_LIMIT) remembered.clear();
      remembered.set(name, found);
    }
    shown.set(found);
  };
}
