// Keeps a WireGuard responder under load: sends the first UDP payload of a capture again and again for a time.
// usage: replay-load.mjs CAPTURE SOURCE DESTINATION PORT SECONDS

import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';

const [capture, source, destination, port, seconds] = process.argv.slice(2);

/** Payload of the first UDP datagram of 148 octets in a little-endian Ethernet pcap. */
function firstInitiation(bytes) {
  let at = 24;
  while (at + 16 <= bytes.length) {
    const length = bytes.readUInt32LE(at + 8);
    const frame = bytes.subarray(at + 16, at + 16 + length);
    if (frame.length === 14 + 20 + 8 + 148 && frame.readUInt16BE(12) === 0x0800 && frame[23] === 17) return frame.subarray(42);
    at += 16 + length;
  }
  throw new Error('no initiation in the capture');
}

const payload = firstInitiation(readFileSync(capture));
const socket = dgram.createSocket('udp4');
const until = Date.now() + Number(seconds) * 1000;
socket.bind(0, source, () => {
  const burst = () => {
    if (Date.now() > until) {
      socket.close();
      return;
    }
    let left = 2000;
    for (let i = 0; i < 2000; i++) {
      socket.send(payload, Number(port), destination, () => {
        if (--left === 0) setImmediate(burst);
      });
    }
  };
  burst();
});
socket.on('message', () => {});
