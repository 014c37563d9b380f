/** Packets of a file as `pcap-parser` reads them, counted and no more. */
import { createRequire } from 'node:module';

const pcapParser = createRequire(import.meta.url)('pcap-parser');
let packets = 0;
const parser = pcapParser.parse(process.argv[2]);
parser.on('packet', () => packets++);
parser.on('end', () => console.log(packets));
parser.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
