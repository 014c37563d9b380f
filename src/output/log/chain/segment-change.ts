/** Finds out whether a segment differs from its entry in the chain, and where. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ChainSensor, SegmentFacts } from './chain-entry.ts';
import { type Block, readSegment } from './segment-facts.ts';

export interface SegmentChange {
  readonly what: 'removed' | 'changed' | 'foreign';
  readonly where: string;
}

/** Numbers out of order that are named. */
const MOST_NAMED = 5;
/** Those that are kept while a segment is read. */
const MOST_FOUND = 10_000;
const ORIGIN = { site: /,"site":"([^"]*)"/, isp: /,"isp":"([^"]*)"/, link: /,"link":"([^"]*)"/ };

/** Null if the segment is as its entry says. Rejects if it is there and cannot be read. */
export async function findChange(
  path: string,
  facts: SegmentFacts,
  sensor: ChainSensor,
): Promise<SegmentChange | null> {
  const numbers = new NumberWatch();
  let reading: Awaited<ReturnType<typeof readSegment>>;
  try {
    const onSeq = (seq: number | null, line: number): void => {
      numbers.take(seq, line);
    };
    reading = await readSegment(path, { block: facts.block, onSeq });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { what: 'removed', where: `the segment of ${facts.lines} lines is not there` };
  }
  const seen = reading.facts;
  if (seen.sha256 === facts.sha256) return null;
  const other = await otherOrigin(path, sensor);
  if (other !== null) return { what: 'foreign', where: `its lines are of another sensor: ${other}` };
  const block = reading.blocks.find(({ mark }, at) => mark !== facts.marks[at]);
  const parts = [
    ...(seen.lines === facts.lines ? [] : [`${seen.lines} lines, ${facts.lines} were signed`]),
    ...(seen.bytes === facts.bytes ? [] : [`${seen.bytes} bytes, ${facts.bytes} were signed`]),
    ...numbers.words(facts, block),
    block === undefined ? `cut after line ${seen.lines}` : `the first difference is in ${linesText(block)}`,
  ];
  return { what: 'changed', where: parts.join('; ') };
}

/** True where each number between the first and the last has a line, so that a gap is a line that was removed. */
function isGapless({ first_seq: first, last_seq: last, lines }: SegmentFacts): boolean {
  return first !== null && last !== null && last - first + 1 === lines;
}

function linesText({ firstLine, lastLine }: Block): string {
  return firstLine === lastLine ? `line ${firstLine}` : `lines ${firstLine} to ${lastLine}`;
}

/** Watches the numbers of lines for those that are missing or out of order. */
class NumberWatch {
  private readonly found: { readonly line: number; readonly isGap: boolean; readonly words: string }[] = [];
  private last: number | null = null;
  private first: number | null = null;

  take(seq: number | null, line: number): void {
    if (seq === null) {
      this.name(line, false, `line ${line} has no number`);
      return;
    }
    if (line === 1) this.first = seq;
    if (this.last !== null && seq <= this.last)
      this.name(line, false, `line ${line} has seq ${seq} after ${this.last}`);
    else if (this.last !== null && seq > this.last + 1)
      this.name(line, true, `seq ${rangeText(this.last + 1, seq - 1)} missing before line ${line}`);
    this.last = seq;
  }

  /**
   * What was found, also at both ends. Lines that the daemon dropped leave gaps too: where there were any, only the
   * gaps of the first block that differs are named.
   */
  words(facts: SegmentFacts, block: Block | undefined): string[] {
    const { first_seq: first, last_seq: last } = facts;
    const isNear = (line: number): boolean =>
      block !== undefined && line >= block.firstLine && line <= block.lastLine + 1;
    const named = this.found.filter(({ isGap, line }) => !isGap || isGapless(facts) || isNear(line));
    const words = named.slice(0, MOST_NAMED).map((one) => one.words);
    if (first !== null && this.first !== null && this.first !== first)
      words.unshift(`the first line has seq ${this.first}, ${first} was signed`);
    if (last !== null && this.last !== null && this.last !== last)
      words.push(`the last line has seq ${this.last}, ${last} was signed`);
    return words;
  }

  private name(line: number, isGap: boolean, words: string): void {
    if (this.found.length < MOST_FOUND) this.found.push({ line, isGap, words });
  }
}

function rangeText(first: number, last: number): string {
  return first === last ? `${first} is` : `${first} to ${last} are`;
}

/** Site, isp and link of a segment's first line where they are not the sensor's; null where they are. */
async function otherOrigin(path: string, sensor: ChainSensor): Promise<string | null> {
  const lines = createInterface({ input: createReadStream(path, { end: 1 << 20 }), crlfDelay: Infinity });
  for await (const line of lines) {
    lines.close();
    if (!line.endsWith('}')) return null;
    const names = ['isp', 'site', 'link'] as const;
    const seen = names.map((name) => ORIGIN[name].exec(line.slice(-256))?.[1]);
    if (names.every((name, index) => seen[index] === sensor[name])) return null;
    return names.map((name, index) => `${name} ${seen[index] ?? '-'}, not ${sensor[name] ?? '-'}`).join('; ');
  }
  return null;
}
