/**
 * The hint for conversations that seem to be split into two flows by their VLANs or tunnels
 * (dataplane/assembly/flow/split-halves).
 */

export function splitFlowsHint(flows: number): string {
  const counted =
    flows === 1
      ? '1 flow looks like one direction'
      : `${flows.toLocaleString('en-US')} flows look like one direction each`;
  return (
    `${counted} of a conversation whose other direction has another VLAN, VNI or tunnel. If the mirror ` +
    'port tags each direction by itself, --link-identity none makes one flow of both'
  );
}
