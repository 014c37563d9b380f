/** Bytes of hand-built packets and files: numbers in network order unless the name says otherwise. */

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes of a hexadecimal text; white space is ignored. */
export function hex(text) {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

export function u16(value) {
  return [(value >>> 8) & 255, value & 255];
}

export function u32(value) {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export function littleU32(value) {
  return u32(value).reverse();
}

export function zeros(count) {
  return new Array(count).fill(0);
}

/** Fields of 2, 4 or 8 bytes in one byte order, each as its length and its value. */
export function fields(littleEndian, ...list) {
  return concat(
    ...list.map(([length, value]) => {
      const bytes = new Uint8Array(length);
      const data = new DataView(bytes.buffer);
      if (length === 2) data.setUint16(0, Number(value), littleEndian);
      if (length === 4) data.setUint32(0, Number(value), littleEndian);
      if (length === 8) data.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), littleEndian);
      return bytes;
    }),
  );
}
