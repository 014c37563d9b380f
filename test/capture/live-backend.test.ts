import { describe, expect, it } from 'vitest';
import { CapBackend } from '../../src/capture/live/live-cap.ts';
import { TcpdumpBackend } from '../../src/capture/live/live-tcpdump.ts';

const request = { device: 'eth7', filter: 'udp and', snaplen: 1920, kernelBuffer: 1 << 20 };

describe('tcpdump', () => {
  const tcpdump = new TcpdumpBackend();

  it('is understood when it counts: on SIGUSR1 in one line, at its end in several', () => {
    const line = 'tcpdump: 12 packets captured, 14 packets received by filter, 2 packets dropped by kernel';
    expect(tcpdump.countsIn(line)).toEqual({ captured: 12, dropped: { kernel: 2 } });
    expect(tcpdump.countsIn('1 packet captured')).toEqual({ captured: 1, dropped: {} });
    expect(tcpdump.countsIn('3 packets dropped by interface')?.dropped).toEqual({ interface: 3 });
    expect(tcpdump.countsIn('tcpdump: listening on eth7, link-type EN10MB (Ethernet)')).toBeNull();
  });

  // Output of tcpdump 4.99 of Debian 12.
  it.each([
    [
      "tcpdump: eth7: You don't have permission to perform this capture on that device\n(socket: Operation not permitted)",
      'setcap',
    ],
    ['tcpdump: eth7: No such device exists\n(No such device exists)', 'there is no interface eth7'],
    ['tcpdump: eth7: That device is not up', 'sudo ip link set eth7 up'],
    ["tcpdump: can't parse filter expression: syntax error", 'the filter "udp and" is invalid'],
    ['spawn tcpdump ENOENT', 'apt-get install tcpdump'],
    ['tcpdump: something else', 'tcpdump ended: tcpdump: something else'],
  ])('%s: %s', (standardError, sentence) => {
    expect(tcpdump.explain(request, standardError).problem).toContain(sentence);
  });
});

describe('cap', () => {
  it('is understood when it counts, and when it is not there', () => {
    const cap = new CapBackend();
    expect(cap.countsIn('counts captured=5 missed=1')).toEqual({ captured: 5, dropped: { missed: 1 } });
    expect(cap.countsIn('anything')).toBeNull();
    expect(cap.explain(request, "Error: Cannot find module 'cap'").problem).toContain('apt-get install libpcap-dev');
  });
});
