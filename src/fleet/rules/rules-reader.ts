/** Reads pointers and objects of the fleet's rules, by requests. */
import { FleetError, type FleetLink } from '../fleet-link.ts';
import { HEADERS, lastMessageSubject } from '../subjects.ts';
import { chunkSubject, factsSubject, objectFacts, RINGS_STREAM, ringSubject, RULES_STREAM } from './rule-buckets.ts';
import { BundleRefused } from './bundle-check.ts';
import type { Ring } from './ring-pointer.ts';

const NOT_FOUND = 404;
const NOTHING = new Uint8Array(0);

export class RulesReader {
  private readonly link: Pick<FleetLink, 'request'>;

  constructor(link: Pick<FleetLink, 'request'>) {
    this.link = link;
  }

  /** The pointer of a ring; null if it has none. Rejects with FleetError without an answer. */
  async pointer(ring: Ring): Promise<Uint8Array | null> {
    const answer = await this.link.request(lastMessageSubject(RINGS_STREAM, ringSubject(ring)), NOTHING);
    if (answer.headers?.code === NOT_FOUND) return null;
    this.checkAnswer(answer.headers?.get(HEADERS.sequence), answer.headers?.description);
    // A key that was deleted or purged.
    return answer.headers?.get('KV-Operation') ? null : answer.data;
  }

  /** An object of the bucket. Rejects with BundleRefused where it is missing or not whole. */
  async object(name: string): Promise<Uint8Array> {
    const found = await this.link.request(lastMessageSubject(RULES_STREAM, factsSubject(name)), NOTHING);
    const facts = found.headers?.code === NOT_FOUND ? null : objectFacts(found.string());
    if (facts === null) throw new BundleRefused('missing', `the fleet has no ${name}`);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (let seq = 1; length < facts.size;) {
      const query = JSON.stringify({ seq, next_by_subj: chunkSubject(facts.nuid) });
      const chunk = await this.link.request(`$JS.API.DIRECT.GET.${RULES_STREAM}`, new TextEncoder().encode(query));
      if (chunk.headers?.code === NOT_FOUND)
        throw new BundleRefused('cut', `${name} has ${length} of ${facts.size} bytes in the fleet`);
      const sequence = this.checkAnswer(chunk.headers?.get(HEADERS.sequence), chunk.headers?.description);
      if (chunk.data.length === 0) throw new BundleRefused('cut', `${name} has an empty part in the fleet`);
      chunks.push(chunk.data);
      length += chunk.data.length;
      seq = sequence + 1;
    }
    if (length !== facts.size)
      throw new BundleRefused('cut', `${name} has ${length} bytes in the fleet, in place of ${facts.size}`);
    return Buffer.concat(chunks);
  }

  /** The sequence of an answer. */
  private checkAnswer(sequence: string | undefined, description: string | undefined): number {
    if (sequence !== undefined && /^\d+$/.test(sequence)) return Number(sequence);
    throw new FleetError(`the rules of the fleet cannot be read: ${description ?? 'an answer without a sequence'}`);
  }
}
