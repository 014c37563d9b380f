/**
 * Numbers of places for connections that need more than their row, as many at most for each partition of all flows
 * (wire/partition): how many threads share the flows changes nothing about which connection finds one. Places count
 * from 1.
 */
import { takeRegion } from '../memory';
import { PARTITION_COUNT } from '../wire/partition';
import { Invariant } from './invariant';

@final
export class PartitionPlaces {
  /** Places that are held now. */
  count: i32 = 0;
  private readonly placesOfPartition: i32;
  private used: i32 = 1;
  /** Numbers of the places that were given back, the last one on top. */
  private readonly freeAt: usize;
  private freeCount: i32 = 0;
  private readonly countOfPartition: StaticArray<i32> = new StaticArray<i32>(PARTITION_COUNT);
  /** By place, the partition of the connection that holds it. */
  private readonly partitionsAt: usize;

  constructor(placesOfPartition: i32) {
    const limit = <usize>(placesOfPartition * PARTITION_COUNT + 1);
    this.placesOfPartition = placesOfPartition;
    this.freeAt = takeRegion(limit << 2);
    this.partitionsAt = takeRegion(limit);
  }

  /** One more than the largest place. */
  get limit(): i32 {
    return this.placesOfPartition * PARTITION_COUNT + 1;
  }

  /** Takes all places back. */
  clear(): void {
    this.count = 0;
    this.used = 1;
    this.freeCount = 0;
    for (let partition = 0; partition < PARTITION_COUNT; partition++) this.countOfPartition[partition] = 0;
  }

  /** A place for a connection of a partition, or 0 where the partition has none left. */
  take(partition: i32): i32 {
    const held = this.countOfPartition[partition];
    if (held == this.placesOfPartition) return 0;
    this.countOfPartition[partition] = held + 1;
    this.count++;
    const place = this.takeNumber();
    store<u8>(this.partitionsAt + <usize>place, partition);
    return place;
  }

  release(place: i32): void {
    store<i32>(this.freeAt + ((<usize>this.freeCount) << 2), place);
    this.freeCount++;
    const partition = <i32>load<u8>(this.partitionsAt + <usize>place);
    this.countOfPartition[partition] = this.countOfPartition[partition] - 1;
    this.count--;
  }

  private takeNumber(): i32 {
    if (this.freeCount == 0) return this.used++;
    this.freeCount--;
    return load<i32>(this.freeAt + ((<usize>this.freeCount) << 2));
  }

  checkInvariants(): Invariant {
    let held = 0;
    for (let partition = 0; partition < PARTITION_COUNT; partition++) held += this.countOfPartition[partition];
    // A place is held, or free.
    return held == this.count && held + this.freeCount == this.used - 1 ? Invariant.NONE : Invariant.PLACES;
  }
}
