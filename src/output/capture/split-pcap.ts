/**
 * Writes packets of several link types to classic pcap files, which have one link type each. `kept.pcap` has the link
 * type of the first packet that was read; packets of another go to an additional file like `kept.linux-sll.pcap`.
 */
import { parse, resolve } from 'node:path';
import { CaptureBytes } from './capture-bytes.ts';
import { LINK_TYPE_NAME, linkTypeName } from './link-type-names.ts';
import { OutputError } from '../log/output-error.ts';
import type { PacketTarget } from './packet-target.ts';
import { PcapFile } from './pcap-file.ts';

/** Maximum number of files: a hostile capture may have thousands of link types. */
const FILES_LIMIT = 32;

export class SplitPcap implements PacketTarget {
  private readonly overwrites: boolean;
  private readonly first: PcapFile;
  private readonly others = new Map<number, PcapFile>();

  /** `bytes` belongs to the named file. Additional files replace existing ones only with `overwrites`. */
  constructor(bytes: CaptureBytes, overwrites: boolean, linkType: number) {
    this.overwrites = overwrites;
    this.first = new PcapFile(bytes, linkType);
  }

  write(timeUs: number, linkType: number, wireLength: number, bytes: Uint8Array): void {
    const file = linkType === this.first.linkType ? this.first : (this.others.get(linkType) ?? this.begin(linkType));
    file.write(timeUs, wireLength, bytes);
  }

  close(): void {
    this.first.close();
    for (const file of this.others.values()) file.close();
  }

  /** Paths of the additional files. */
  get filesBeside(): string[] {
    return Array.from(this.others.values(), ({ path }) => path);
  }

  /** A sentence for the user about the additional files; empty if there are none. */
  get remark(): string {
    if (this.others.size === 0) return '';
    const others = Array.from(
      this.others.values(),
      ({ path, packetCount }) => `${path} (${packetCount} ${packetCount === 1 ? 'packet' : 'packets'})`,
    );
    return (
      `${this.first.path} only has link type ${linkTypeName(this.first.linkType)}, because a pcap file ` +
      `has one; packets of other link types are in ${others.join(', ')}; a name that ends in .pcapng ` +
      'takes all of them'
    );
  }

  private begin(linkType: number): PcapFile {
    if (this.others.size === FILES_LIMIT - 1) {
      const reason =
        `packets have more than ${FILES_LIMIT} link types, and a pcap file has one; a name that ends in ` +
        '.pcapng takes all of them';
      throw new OutputError(this.first.path, new Error(reason));
    }
    const path = pathForLinkType(this.first.path, linkType);
    const file = new PcapFile(new CaptureBytes(path, this.overwrites ? 'w' : 'wx'), linkType);
    this.others.set(linkType, file);
    return file;
  }
}

function pathForLinkType(path: string, linkType: number): string {
  const { ext } = parse(path);
  return `${path.slice(0, path.length - ext.length)}.${linkTypeName(linkType)}${ext}`;
}

/** True if `other` is a path that an additional file of `path` may have. */
export function isMadeBeside(path: string, other: string): boolean {
  const { dir, name, ext } = parse(resolve(path));
  const found = parse(resolve(other));
  if (found.dir !== dir) return false;
  if (!found.base.startsWith(`${name}.`) || !found.base.endsWith(ext)) return false;
  return LINK_TYPE_NAME.test(found.base.slice(name.length + 1, found.base.length - ext.length));
}
