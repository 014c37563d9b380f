/** A block of memory for bytes of a capture. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly data: DataView;
}
