/** A session of the library, and what it reads and gives. */
import type { DecisionEvent, FlowEvent, Mode } from './events.ts';

/** Paths of the rules. */
export interface RulesFiles {
  /** YAML; left out: the example `rules/policy.yaml` of the package. */
  readonly policy?: string;
  /** CSV; left out: the example `rules/registry.csv` of the package. */
  readonly registry?: string;
}

export interface SessionOptions extends RulesFiles {
  /** Instead of the policy's mode. */
  readonly mode?: Mode;
  /**
   * Flows that are tracked at a time; beyond them the longest idle ones end. From 1 to 100,000,000; 500,000 if left
   * out.
   */
  readonly maxFlows?: number;
  /** `none`: VLAN ids and VNIs are no part of a flow's identity. `vlan` if left out. */
  readonly linkIdentity?: 'vlan' | 'none';
}

/** Which flows have an event at their ends. The ends of a capture's last flows are gathered in memory. */
export interface ReadOptions {
  /** `vpn`: flows with a finding. `none` if left out. */
  readonly flows?: 'none' | 'vpn' | 'all';
}

export interface PacketOptions extends ReadOptions {
  /** `pcap_filename` of the events; `packets` if left out. */
  readonly name?: string;
}

/** A packet from elsewhere than a capture file. It is copied when it is read. */
export interface Packet {
  /** Microseconds since 1970, finite and not negative. A fraction is allowed. */
  readonly timeUs: number;
  /** LINKTYPE_ number of tcpdump.org, like 1 for Ethernet and 101 for raw IP. */
  readonly linkType: number;
  /** From the first byte of the link layer on; at most 262,144 bytes. */
  readonly bytes: Uint8Array;
  /** Bytes on the wire, if the capture cut the packet; at least the length of `bytes`. */
  readonly wireLength?: number;
}

/** A capture that could not be read to its end. What was readable has been read. */
export interface IncompleteCapture {
  readonly file: string;
  /** Stable name, like `cut-packet` or `unreadable`. */
  readonly fault: string;
  /** A sentence for people, with the place. */
  readonly message: string;
}

/** What was read. Counts are whole numbers. */
export interface ReadSummary {
  /** True if everything was read to its end. */
  readonly complete: boolean;
  readonly incomplete: readonly IncompleteCapture[];
  readonly packets: number;
  /** Bytes on the wire. */
  readonly bytes: number;
  /** Packets by the reason for which they are in no flow, like `arp`. */
  readonly notDecoded: Readonly<Record<string, number>>;
  readonly flows: number;
  /** Flows with a finding. */
  readonly vpnFlows: number;
  /** Packets by simulated outcome; in mode `observe` all are forwarded. */
  readonly outcomes: { readonly forwarded: number; readonly delayed: number; readonly dropped: number };
}

/**
 * The events of one capture, in the order of its packets. Packets are read only as the events are taken: a slow loop
 * slows the reading. It can be iterated once; leaving the loop early closes the capture.
 */
export interface Reading<Event> extends AsyncIterable<Event> {
  /** Null until the iteration is over. */
  readonly summary: ReadSummary | null;
}

export interface Session {
  /** The rules in use. */
  readonly policy: { readonly name: string; readonly sha256: string; readonly rules: number };
  readonly registry: { readonly sha256: string; readonly entries: number };
  readonly mode: Mode;

  /**
   * Reads one capture: a path, or the paths of its files in order. pcap and pcapng are recognised by their content,
   * also compressed by gzip or zstd; `-` is standard input. Never rejects because of a capture: see
   * `ReadSummary.incomplete`. Throws SluiceError `wrong-use` when iterated while another reading is.
   */
  read(capture: string | readonly string[], options?: { readonly flows?: 'none' }): Reading<DecisionEvent>;
  read(capture: string | readonly string[], options: ReadOptions): Reading<DecisionEvent | FlowEvent>;

  /**
   * Takes packets from elsewhere, in batches of any size, as one capture. Times should not go back. Rejects with
   * SluiceError
   * `invalid-packet`, and with whatever the iterable throws.
   */
  take(packets: PacketBatches, options?: { readonly flows?: 'none'; readonly name?: string }): Reading<DecisionEvent>;
  take(packets: PacketBatches, options: PacketOptions): Reading<DecisionEvent | FlowEvent>;

  /** Ends a reading under way, as if its capture ended there. The session cannot be used afterwards. */
  close(): Promise<void>;
}

export type PacketBatches = Iterable<readonly Packet[]> | AsyncIterable<readonly Packet[]>;
