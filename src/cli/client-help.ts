/** The meaning of "client" in a policy, for the help of commands that use a policy. */
export const CLIENT_HELP = `
What a client is, in a policy:
  A client is one source address: the end that started the flow, by its handshake where that is seen, else by
  the first packet.
  per: client     every address has one token bucket for each rule, shared by all its flows
  rollout: 10%    holds for a tenth of the addresses, always the same ones, with all their flows
  safety          counts addresses: an address is one client however many subscribers use it
  Carrier NAT (CGNAT) gives one public address to many subscribers. After it, per: client makes them share one
  bucket, so the limit meets everyone who uses that address; rollout takes in all of them or none; and the
  breaker counts them as one. Use per: flow there, or capture before the NAT. An IPv6 subscriber has many
  addresses, and each of them is a client.`;
