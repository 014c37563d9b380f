/**
 * Numbers of places for connections that need more than their row, as many at most for each partition of all flows (dataplane/wire/partition.ts): how
 * many threads share the flows changes nothing about which connection finds one. Places count from 1.
 */
import { PARTITION_COUNT } from '../wire/partition.ts';

export class PartitionPlaces {
  /** Places that are held now. */
  count = 0;
  private readonly placesOfPartition: number;
  private used = 1;
  private readonly free: number[] = [];
  private readonly countOfPartition = new Uint16Array(PARTITION_COUNT);
  /** By place, the partition of the connection that holds it. */
  private readonly partitions: Uint8Array;

  constructor(placesOfPartition: number) {
    this.placesOfPartition = placesOfPartition;
    this.partitions = new Uint8Array(placesOfPartition * PARTITION_COUNT + 1);
  }

  /** A place for a connection of a partition, or 0 where the partition has none left. */
  take(partition: number): number {
    if (this.countOfPartition[partition] === this.placesOfPartition) return 0;
    this.countOfPartition[partition]!++;
    this.count++;
    const place = this.free.pop() ?? this.used++;
    this.partitions[place] = partition;
    return place;
  }

  release(place: number): void {
    this.free.push(place);
    this.countOfPartition[this.partitions[place]!]!--;
    this.count--;
  }
}
