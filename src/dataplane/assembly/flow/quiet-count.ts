/**
 * The packets of a flow that change nothing, where the host wants to know how many they are. The host begins a count
 * when it sets the flow's quiet time, and reads it at the flow's next event.
 */
// @ts-ignore: decorator
@unmanaged
@final
export class QuietCount {
  /** Packets before this time are not counted: they have an event. */
  fromUs: f64;
  packets: f64;
  /** Bytes on the wire. */
  bytes: f64;
  free: f64;
}

export const QUIET_COUNT_LENGTH: usize = 32;
