/**
 * The events of a session, with the field names of Suricata's EVE. deploy/reference/EVENTS.md describes them, and
 * deploy/reference/events.schema.json is their schema. Absent fields are left out; further fields may come in a minor
 * version.
 */

/** What is done to a flow. */
export type Action = 'allow' | 'throttle' | 'block';

/** `enforce`: the simulation carries actions out. `observe`: it only counts them. */
export type Mode = 'observe' | 'enforce';

/** A fact that shows what a flow is, and where to see it: enough to verify it by hand in Wireshark. */
export interface Evidence {
  /** Number of the packet, as in `pcap_cnt`. */
  readonly packet: number;
  /** Name of the check, like `receiver-index-echo`. */
  readonly check: string;
  /** Bytes from the start of the UDP payload, of the TCP direction's stream, or of the ESP or AH header. */
  readonly offset: number;
  /** The value, or the bounds, that the check accepts. */
  readonly expected: string;
  /** The value in the packet. */
  readonly seen: string;
}

/** What was found in a flow. */
export interface Finding {
  readonly protocol: 'wireguard' | 'openvpn' | 'ipsec';
  /** Like `standard`, `tls-crypt` or `ikev2`. */
  readonly variant: string;
  /** `confirmed`: one side repeats a value of the other that chance cannot produce. */
  readonly stage: 'suspected' | 'confirmed';
}

/** A registration in force. */
export interface Registration {
  /** Like `198.51.100.0/24`. */
  readonly prefix?: string;
  readonly holder?: string;
  /** Like `bank`. */
  readonly sector: string;
  readonly reference: string;
}

/** A decision about a flow. */
export interface Decision {
  readonly action: Action;
  /** The action before; null at the first decision. */
  readonly previous: Action | null;
  /** Name of the rule; null if none matched. */
  readonly rule: string | null;
  /** Why, like `registered-destination` or `no-rule`. */
  readonly reason: string;
  readonly mode: Mode;
}

/** The fields that identify a flow, in every event. */
export interface FlowFields {
  /** Packet time: ISO 8601 in UTC, with microseconds. */
  readonly timestamp: string;
  /** Path of the capture as given, or the name of packets that were given. */
  readonly pcap_filename: string;
  /** Number of the event's packet, from 1 through all files of the capture; for a flow its first packet. */
  readonly pcap_cnt: number;
  /** 16 hexadecimal digits, the same in every run. */
  readonly flow_id: string;
  /** `flow_id` of the first flow of the tunnel. */
  readonly tunnel_id?: string;
  /** VLAN ids from the outermost on. */
  readonly vlan?: readonly number[];
  /** Names of encapsulations from the outermost on, like `gre`. */
  readonly encapsulation?: readonly string[];
  /** The initiator. */
  readonly src_ip: string;
  /** Absent for ESP and AH. */
  readonly src_port?: number;
  readonly dest_ip: string;
  /** Absent for ESP and AH. */
  readonly dest_port?: number;
  readonly proto: 'UDP' | 'TCP' | 'ESP' | 'AH';
  /** Community ID, version 1, seed 0. */
  readonly community_id: string;
}

/** A decision was made about a flow with a finding, for the first time or again. */
export interface DecisionEvent extends FlowFields {
  readonly event_type: 'decision';
  readonly vpn: Finding & { readonly evidence: readonly Evidence[] };
  /** Registrations of both ends; null where there is none. */
  readonly registration: { readonly source: Registration | null; readonly destination: Registration | null };
  readonly decision: Decision;
  /** SHA-256 of the files, 64 hexadecimal digits. */
  readonly policy: { readonly name: string; readonly sha256: string };
  readonly registry: { readonly sha256: string };
}

/** A flow has ended. */
export interface FlowEvent extends FlowFields {
  readonly event_type: 'flow';
  readonly flow: {
    readonly pkts_toserver: number;
    readonly pkts_toclient: number;
    /** Bytes on the wire. */
    readonly bytes_toserver: number;
    readonly bytes_toclient: number;
    /** Times of the first and the last packet, as in `timestamp`. */
    readonly start: string;
    readonly end: string;
    /** Seconds, to the microsecond. */
    readonly duration: number;
    readonly reason: 'timeout' | 'closed' | 'evicted' | 'shutdown';
  };
  /** Absent for a flow without a finding. */
  readonly vpn?: Finding;
  /** The last decision; absent for a flow without a finding. */
  readonly decision?: Decision;
}
