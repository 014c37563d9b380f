/**
 * Link types of capture files, by the numbers of the tcpdump group's LINKTYPE_ registry; 12 and 14 are what some
 * systems write for raw IP. These are the ones that are read; the host has the names of all.
 */
export enum LinkType {
  NULL = 0,
  ETHERNET = 1,
  PPP = 9,
  RAW_12 = 12,
  RAW_14 = 14,
  PPP_HDLC = 50,
  PPP_ETHER = 51,
  RAW = 101,
  CISCO_HDLC = 104,
  IEEE802_11 = 105,
  LOOP = 108,
  ENC = 109,
  LINUX_SLL = 113,
  PFLOG = 117,
  IEEE802_11_RADIOTAP = 127,
  JUNIPER_ETHER = 178,
  PPI = 192,
  IPNET = 226,
  IPV4 = 228,
  IPV6 = 229,
  NFLOG = 239,
  PKTAP = 258,
  LINUX_SLL2 = 276,
}
