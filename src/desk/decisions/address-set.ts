/** Whether an address lies in one of some prefixes. Answers are kept, because few addresses have most of the flows. */
import { type AddressRange, rangeOf } from '../../registry/address-range.ts';
import { PrefixParser } from '../../registry/prefix.ts';

const MOST_KEPT = 100_000;

export class AddressSet {
  private readonly ranges: readonly AddressRange[];
  private readonly parser = new PrefixParser();
  private readonly known = new Map<string, boolean>();

  /** Texts that are no prefix are left out. */
  constructor(prefixes: readonly string[]) {
    const { parser } = this;
    this.ranges = prefixes.flatMap((prefix) => (parser.parse(prefix) ? [rangeOf(parser)] : []));
  }

  /** False for what is no address. */
  has(address: string): boolean {
    const known = this.known.get(address);
    if (known !== undefined) return known;
    if (this.known.size >= MOST_KEPT) this.known.clear();
    const found = this.contains(address);
    this.known.set(address, found);
    return found;
  }

  private contains(address: string): boolean {
    if (!this.parser.parseAddress(address)) return false;
    const { first } = rangeOf(this.parser);
    return this.ranges.some((range) => range.first <= first && first <= range.last);
  }
}
