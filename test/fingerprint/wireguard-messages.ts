/** WireGuard messages written from section 5.4 of the whitepaper. */
import { concat, littleU32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';

const noise = new SeededRandom(7);
const ZEROS = new Uint8Array(16);

/** type 1, reserved 3, sender 4, ephemeral 32, static 48, timestamp 28, mac1 16, mac2 16. */
export function initiation(sender: number, mac2: Uint8Array = ZEROS): Uint8Array {
  return concat([1, 0, 0, 0], littleU32(sender), noise.bytes(32 + 48 + 28 + 16), mac2);
}

/** type 2, reserved 3, sender 4, receiver 4, ephemeral 32, empty 16, mac1 16, mac2 16. */
export function response(sender: number, receiver: number, mac2: Uint8Array = ZEROS): Uint8Array {
  return concat([2, 0, 0, 0], littleU32(sender), littleU32(receiver), noise.bytes(32 + 16 + 16), mac2);
}

/** type 3, reserved 3, receiver 4, nonce 24, cookie 32. */
export function cookieReply(receiver: number): Uint8Array {
  return concat([3, 0, 0, 0], littleU32(receiver), noise.bytes(24 + 32));
}

/** type 4, reserved 3, receiver 4, counter 8, ciphertext and its tag of 16. */
export function transport(receiver: number, counter: number, plaintext = 96): Uint8Array {
  return concat([4, 0, 0, 0], littleU32(receiver), littleU32(counter), [0, 0, 0, 0], noise.bytes(plaintext + 16));
}

/** Tailscale's discovery message: magic 6, sender key 32, nonce 24, box. */
export function disco(): Uint8Array {
  return concat([0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac], noise.bytes(32 + 24 + 40));
}
