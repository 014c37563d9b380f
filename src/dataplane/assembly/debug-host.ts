/** What the debug build calls in the host (test/assembly/checked-memory). The release build has none of it. */

/** Throws where a range does not lie within one region, or leaves the packet that is being read. */
export declare function checkRange(at: usize, length: i32): void;

/** From here on only [at, end) of the block that holds it may be read. Both are 0 for the whole block. */
export declare function enterPacket(at: usize, end: usize): void;

/** Accesses to a region's guards are errors from now on. */
export declare function regionTaken(at: usize, length: usize): void;
