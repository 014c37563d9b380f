/**
 * The state of the walk through a packet's layers, in one reused object, and the view that the walk fills. Each step
 * looks at the layer at `at`, moves `at` after it, and says which layer is next.
 *
 * Captured bytes end at `end`; the headers claim bytes up to `wireEnd`. `end` only ever shrinks: no step can read
 * outside the captured packet.
 */
import { FragmentHeader } from './fragment-header';
import { Encapsulation, Fragment, PacketView } from './packet-view';

/** More encapsulations than this and the packet is counted as too deep. */
const ENCAPSULATION_LIMIT: i32 = 8;

/** No frame is longer on the wire: a larger claim is cut to this, so that no address overflows. */
const LARGEST_WIRE_LENGTH: u32 = 0x4000_0000;

@final
export class LayerWalk {
  at: usize = 0;
  end: usize = 0;
  wireEnd: usize = 0;
  /** Encapsulations so far. */
  depth: i32 = 0;
  /** The view that the walk fills. */
  view: PacketView = changetype<PacketView>(0);
  /** The header of the outermost fragment; valid where the view says FIRST or LATER. */
  readonly fragment: FragmentHeader = new FragmentHeader();
  /**
   * Whether VLAN ids, VNIs and the tunnels around a packet are part of its flow's identity (option --link-identity).
   */
  private readonly hasDomain: bool;

  constructor(hasDomain: bool) {
    this.hasDomain = hasDomain;
  }

  /** Starts the walk of a packet whose captured bytes are [at, at + capturedLength). */
  begin(view: PacketView, at: usize, capturedLength: i32, wireLength: u32): void {
    this.view = view;
    this.at = at;
    this.end = at + capturedLength;
    this.wireEnd = at + min(wireLength, LARGEST_WIRE_LENGTH);
    this.depth = 0;
    view.wireLength = wireLength;
    view.encapsulation = 0;
    view.vlans = 0;
    view.domain = 0;
    view.fragment = <u8>Fragment.NONE;
  }

  /** Takes the end that a header claims: what is after it (padding, trailers) is not part of the packet. */
  bound(wireEnd: usize): void {
    this.wireEnd = wireEnd;
    if (wireEnd < this.end) this.end = wireEnd;
  }

  /**
   * Notes an encapsulation; false when the packet is too deep. `label` is a number that both directions share, else 0.
   */
  enter(kind: Encapsulation, label: u32): bool {
    if (this.depth == ENCAPSULATION_LIMIT) return false;
    const view = this.view;
    view.encapsulation |= (<u32>kind) << (4 * this.depth++);
    // MPLS labels and stacks differ by direction (penultimate hop popping), so they tell nothing apart. VLAN id 0 names
    // no VLAN: it is a priority tag (IEEE 802.1Q-2018, table 9-2), which one direction may carry and the other not.
    if (this.hasDomain && kind != Encapsulation.MPLS && (kind != Encapsulation.VLAN || label != 0)) {
      const mixed = (view.domain ^ ((<u32>kind) << 24) ^ label) * 0x9e3779b1;
      view.domain = mixed ^ (mixed >> 15);
    }
    return true;
  }

  /** Notes a VLAN id, of which the outermost two are kept for events. */
  noteVlan(id: u32): void {
    const view = this.view;
    if (view.vlans == 0) view.vlans = id + 1;
    else if (view.vlans < 0x10000) view.vlans |= (id + 1) << 16;
  }
}
