/**
 * Why no packets come from a source. Each is a sentence with what to do where something can be done; `said` is the
 * text of another program or of the system, as it is.
 */
import { problemsOf } from '../core/coded-problem.ts';

export const SOURCE_PROBLEMS = {
  'capture-not-started': () => 'not started',
  'pipe-silent': (seconds: string) => `no packets for ${seconds} s from standard input`,
  'spool-silent': (seconds: string) => `no packets for ${seconds} s from a file of the spool`,
  'spool-unlistable': (said: string) => `cannot list the spool: ${said}`,
  'interface-down': (device: string) => `${device} is down: sudo ip link set ${device} up`,
  'interface-unknown': (device: string) => `there is no interface ${device}; ip link shows them`,
  'filter-invalid': (filter: string, said: string) => `the filter ${filter} is invalid, see man pcap-filter: ${said}`,
  'tcpdump-missing': () => 'tcpdump is not installed: sudo apt-get install tcpdump',
  'tcpdump-without-right': (device: string) =>
    `no right to capture on ${device}. Give it to tcpdump alone, not to Sluice: sudo setcap ` +
    'cap_net_raw,cap_net_admin=eip "$(readlink -f "$(command -v tcpdump)")"',
  'tcpdump-ended': (said: string) => `tcpdump ended: ${said}`,
  'cap-missing': () =>
    'the package cap is not built here: sudo apt-get install libpcap-dev g++ make python3 && npm ' +
    'install cap; or use --capture-with tcpdump',
  'cap-without-right': (device: string) =>
    `no right to capture on ${device}. Give it to Node: sudo setcap cap_net_raw=eip "$(readlink -f ` +
    '"$(command -v node)")"; or, better, use --capture-with tcpdump and give it to tcpdump alone',
  'cap-ended': (said: string) => `the capturing process ended: ${said}`,
  'service-missing': (path: string, device: string) =>
    `nothing listens on ${path}: sudo systemctl start sluice-capture@${device}, or: sudo sluice ` +
    `capture ${device} --socket ${path}`,
  'service-without-right': (path: string) =>
    `no right to read from ${path}: this process must be in the group of the socket`,
  'service-unreachable': (path: string, said: string) => `the connection to ${path} failed: ${said}`,
  'service-silent': (path: string, seconds: string) => `sluice capture on ${path} has sent nothing for ${seconds} s`,
  'service-ended': (path: string) => `sluice capture on ${path} has ended the connection`,
  'service-says': (said: string) => said,
  'service-protocol': (path: string, said: string) => `${path} does not send the protocol of sluice capture: ${said}`,
  'service-version': (path: string) => `${path} uses another protocol version of sluice capture`,
  'service-counts': (path: string) => `${path} sends invalid counts`,
  'service-elsewhere': (path: string, other: string, device: string) =>
    `${path} captures on ${other}, not on ${device}`,
} as const;

export const sourceProblem = problemsOf(SOURCE_PROBLEMS);
