/**
 * The size that a ZIP archive says it has once unpacked. The reader of workbooks stops at the size that an entry says,
 * so a bound on the sum of them bounds what is unpacked.
 */
import { UnreadableFile } from './sheet.ts';

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const ENTRY_BYTES = 46;
const LARGE = 0xffffffff;
const DAMAGED = 'the file is cut off or damaged: save it again, and upload the new one';

export const MOST_UNPACKED = 64 << 20;
const MOST_ENTRIES = 2000;

/** Throws UnreadableFile for an archive that is damaged, or that would be too large. */
export function checkUnpackedSize(content: Uint8Array): void {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const end = endOfDirectory(view);
  const count = view.getUint16(end + 10, true);
  if (count > MOST_ENTRIES) throw new UnreadableFile('the file has too many parts for a workbook');
  let at = view.getUint32(end + 16, true);
  let total = 0;
  for (let entry = 0; entry < count; entry++) {
    if (at + ENTRY_BYTES > content.length || view.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw new UnreadableFile(DAMAGED);
    total += unpackedSize(view, at);
    if (total > MOST_UNPACKED)
      throw new UnreadableFile(
        `the file would be larger than ${MOST_UNPACKED >> 20} MB once unpacked: save only the sheet with the table`,
      );
    at += ENTRY_BYTES + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
}

function endOfDirectory(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--)
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  throw new UnreadableFile(DAMAGED);
}

/** An entry that says nothing of its size, or only in fields for files over 4 GB, has no bound. */
function unpackedSize(view: DataView, at: number): number {
  const packed = view.getUint32(at + 20, true);
  const unpacked = view.getUint32(at + 24, true);
  // Deflate writes nothing in two bytes.
  const isSilent = unpacked === 0 && packed > 2;
  const hasDescriptor = (view.getUint16(at + 8, true) & 8) !== 0 && packed === 0;
  return isSilent || hasDescriptor || packed === LARGE || unpacked === LARGE ? MOST_UNPACKED + 1 : unpacked;
}
