/**
 * Numbers of places for connections that need more than their row, as many at most for each part of all flows (dataplane/wire/flow-part.ts): how
 * many threads share the flows changes nothing about which connection finds one. Places count from 1.
 */
import { FLOW_PARTS } from '../wire/flow-part.ts';

export class PartPlaces {
  /** Places that are held now. */
  count = 0;
  private readonly placesOfPart: number;
  private used = 1;
  private readonly free: number[] = [];
  private readonly countOfPart = new Uint16Array(FLOW_PARTS);
  /** By place, the part of the connection that holds it. */
  private readonly parts: Uint8Array;

  constructor(placesOfPart: number) {
    this.placesOfPart = placesOfPart;
    this.parts = new Uint8Array(placesOfPart * FLOW_PARTS + 1);
  }

  /** A place for a connection of a part, or 0 where the part has none left. */
  take(part: number): number {
    if (this.countOfPart[part] === this.placesOfPart) return 0;
    this.countOfPart[part]!++;
    this.count++;
    const place = this.free.pop() ?? this.used++;
    this.parts[place] = part;
    return place;
  }

  release(place: number): void {
    this.free.push(place);
    this.countOfPart[this.parts[place]!]!--;
    this.count--;
  }
}
