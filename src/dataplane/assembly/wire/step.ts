/**
 * What a step of the layer walk answers: the number of the next layer, or, from `END` on, END plus a DecodeStatus.
 * decode.ts runs the walk; the steps are in annotated-link-walk, link-walk, network-walk, tunnel-walk and
 * udp-tunnel-walk.
 */
export enum Layer {
  ETHERNET = 0,
  IPV4 = 1,
  IPV6 = 2,
  PPP = 3,
  MPLS = 4,
  ANY_IP = 5,
  WIFI = 6,
  PADDED_WIFI = 7,
}

export const END: i32 = 1000;
