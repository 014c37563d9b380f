// DNS questions with chosen transaction ids, for a real DNS server to answer.
// usage: dns-ids.mjs udp|tcp SOURCE DESTINATION PORT

import dgram from 'node:dgram';
import net from 'node:net';

const [transport, source, destination, port] = process.argv.slice(2);
const name = Buffer.concat([...'www.example'.split('.').map((part) => Buffer.from([part.length, ...Buffer.from(part)])), Buffer.from([0])]);

/** A question for an A record; `flags` 0 leaves recursion undesired, `size` pads with an EDNS padding option. */
function question(id, flags, size = 0) {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(1, 4);
  const parts = [head, name, Buffer.from([0, 1, 0, 1])];
  const plain = 12 + name.length + 4;
  if (size >= plain + 15) {
    head.writeUInt16BE(1, 10);
    const padding = size - plain - 15;
    const option = Buffer.alloc(15);
    option.writeUInt16BE(41, 1);
    option.writeUInt16BE(1232, 3);
    option.writeUInt16BE(4 + padding, 9);
    option.writeUInt16BE(12, 11);
    option.writeUInt16BE(padding, 13);
    parts.push(option, Buffer.alloc(padding));
  }
  return Buffer.concat(parts);
}

const questions = [
  ...[0x3800, 0x3811, 0x38ff, 0x4000, 0x40a0, 0x5001, 0x2000, 0x2801, 0x4800, 0x3000].map((id) => question(id, 0x0100)),
  question(0x3800, 0x0100, 54),
  question(0x38a1, 0x0100, 86),
  question(0x0100, 0x0000, 148),
  question(0x0200, 0x0000, 92),
  question(0x0300, 0x0000, 64),
  ...[0x0100, 0x0200, 0x0300, 0x0400, 0x0400].map((id) => question(id, 0x0000)),
  question(0x0400, 0x0000, 96),
  question(0x0400, 0x0000, 128),
];

if (transport === 'udp') {
  // Three source ports: each one a flow that begins with another imitation.
  for (const [index, part] of [questions.slice(0, 12), questions.slice(12, 15), questions.slice(15)].entries()) {
    const socket = dgram.createSocket('udp4');
    await new Promise((resolve) => socket.bind(42000 + index, source, resolve));
    for (const message of part) {
      socket.send(message, Number(port), destination);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.close();
  }
} else {
  for (const [index, id] of [0x3800, 0x38f1, 0x4001, 0x5000].entries()) {
    const socket = net.connect({ host: destination, port: Number(port), localAddress: source, localPort: 42010 + index });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    for (let i = 0; i < 3; i++) {
      const message = question(id + i, 0x0100, index === 1 ? 86 : 0);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    socket.end();
    socket.on('error', () => {});
    await new Promise((resolve) => setTimeout(resolve, 60));
    socket.destroy();
  }
}
