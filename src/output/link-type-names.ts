/** Names of link types as parts of file names: those of the tcpdump group's LINKTYPE_ registry, in lower case. */
const NAMES: Readonly<Record<number, string>> = {
  0: 'null',
  1: 'ethernet',
  9: 'ppp',
  50: 'ppp-hdlc',
  51: 'ppp-ether',
  101: 'raw',
  104: 'c-hdlc',
  105: 'ieee802-11',
  108: 'loop',
  113: 'linux-sll',
  127: 'ieee802-11-radiotap',
  228: 'ipv4',
  229: 'ipv6',
  276: 'linux-sll2',
};

/** A name, different for each link type. */
export function linkTypeName(linkType: number): string {
  return NAMES[linkType] ?? `linktype-${linkType}`;
}

/** Any of these names. */
export const LINK_TYPE_NAME = new RegExp(`^(?:${Object.values(NAMES).join('|')}|linktype-\\d+)$`);
