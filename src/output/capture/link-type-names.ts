/** Names of link types for file names: those of the tcpdump group's LINKTYPE_ registry, in lower case. */
const NAMES: Readonly<Record<number, string>> = {
  0: 'null',
  1: 'ethernet',
  9: 'ppp',
  50: 'ppp-hdlc',
  51: 'ppp-ether',
  12: 'raw-12',
  14: 'raw-14',
  101: 'raw',
  104: 'c-hdlc',
  105: 'ieee802-11',
  108: 'loop',
  109: 'enc',
  113: 'linux-sll',
  117: 'pflog',
  127: 'ieee802-11-radiotap',
  178: 'juniper-ether',
  192: 'ppi',
  226: 'ipnet',
  228: 'ipv4',
  229: 'ipv6',
  239: 'nflog',
  258: 'pktap',
  276: 'linux-sll2',
};

/** A unique name for each link type. */
export function linkTypeName(linkType: number): string {
  return NAMES[linkType] ?? `linktype-${linkType}`;
}

/** Matches each of these names. */
export const LINK_TYPE_NAME = new RegExp(`^(?:${Object.values(NAMES).join('|')}|linktype-\\d+)$`);
