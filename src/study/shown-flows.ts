/** Flows and files that an evaluation names, where addresses are hidden. */
import { formatAddress } from '../core/ip-address.ts';
import type { ShowAddress } from '../output/event/shown-address.ts';
import { hideAddresses } from '../output/provenance/hidden-text.ts';
import { PrefixParser } from '../registry/prefix.ts';

/** A flow of a capture, by its key (found-flows). */
interface NamedFlow {
  readonly file: string;
  readonly flow: string;
}

/** What both kinds of evaluation name. */
interface NamedFiles {
  readonly unlabelled: readonly string[];
}

const parser = new PrefixParser();
const shown = new Int32Array(4);

/** The same flows with their addresses in the form to show, and without addresses in the names of their files. */
export function shownFlows<Named extends NamedFlow>(flows: readonly Named[], show: ShowAddress): Named[] {
  return flows.map((one) => ({ ...one, file: hideAddresses(one.file), flow: shownFlow(one.flow, show) }));
}

/** The same evaluation without addresses in the names of its files. */
export function shownFileNames<Evaluated extends NamedFiles>(evaluated: Evaluated): Evaluated {
  return { ...evaluated, unlabelled: evaluated.unlabelled.map(hideAddresses) };
}

/** A flow's key, with the form to show for each address. Its ends are in the order of what is shown. */
function shownFlow(key: string, show: ShowAddress): string {
  const space = key.indexOf(' ');
  const ends = key.slice(space + 1).split(' and ');
  return `${key.slice(0, space)} ${ends
    .map((end) => shownEnd(end, show))
    .sort()
    .join(' and ')}`;
}

function shownEnd(end: string, show: ShowAddress): string {
  const [address = '', ...port] = end.split(' ');
  if (!parser.parseAddress(address)) throw new Error(`${end} does not begin with an address`);
  show([parser.word0, parser.word1, parser.word2, parser.word3], shown);
  return [formatAddress(shown[0]!, shown[1]!, shown[2]!, shown[3]!), ...port].join(' ');
}
