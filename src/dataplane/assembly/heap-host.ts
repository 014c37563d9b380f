/** Where an instance makes its objects: what the host says of it. */

/**
 * Address at which the memory of this instance begins; 0 where it has the memory to itself. Instances that share memory
 * read and change each other's objects, but each makes its own beyond those of the instances before it.
 */
export declare const heapStart: usize;
