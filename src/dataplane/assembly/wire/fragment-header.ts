/**
 * What the fragments of one datagram share, and where this one is in it: from the outermost IP header that is a
 * fragment's, in one reused record. The layer walk fills it; flow/fragments finds the first fragment by it. Valid where
 * the view says FIRST or LATER.
 */
@final
export class FragmentHeader {
  source0: u32 = 0;
  source1: u32 = 0;
  source2: u32 = 0;
  source3: u32 = 0;
  destination0: u32 = 0;
  destination1: u32 = 0;
  destination2: u32 = 0;
  destination3: u32 = 0;
  /** Identification: 16 bits in IPv4, 32 in IPv6. */
  id: u32 = 0;
  protocol: u32 = 0;
  /** `domain` of the view outside that header. */
  domain: u32 = 0;
  /** Bytes of the datagram before this fragment. */
  offset: i32 = 0;
  /** Bytes of the datagram in this fragment, as its header claims. */
  length: i32 = 0;
}
