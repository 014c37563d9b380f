/** A mail server for tests: takes every mail over SMTP (RFC 5321), or refuses all, and stores what it took. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and text as they came, without the doubled dots. */
  readonly content: string;
}

export class MailSink {
  readonly taken: TakenMail[] = [];
  /** The answer to every recipient instead of 250; null to take mail. */
  refusal: string | null = null;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((socket) => {
    this.talk(socket);
  });

  /** The URL of the server; `port` of a server that was there before. */
  async start(port = 0): Promise<string> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return `smtp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private talk(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    let waiting = '';
    let from = '';
    let to: string[] = [];
    let isContent = false;
    const say = (line: string): void => {
      socket.write(`${line}\r\n`);
    };
    const command = (line: string): void => {
      const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
      switch (line.slice(0, 4).toUpperCase()) {
        case 'EHLO':
        case 'HELO':
          say('250 sink.example');
          break;
        case 'MAIL':
          [from, to] = [address, []];
          say('250 ok');
          break;
        case 'RCPT':
          to.push(address);
          say(this.refusal ?? '250 ok');
          break;
        case 'DATA':
          isContent = true;
          say('354 go on');
          break;
        case 'QUIT':
          say('221 bye');
          socket.end();
          break;
        default:
          say('250 ok');
      }
    };
    say('220 sink.example');
    socket.setEncoding('utf8').on('data', (text: string) => {
      waiting += text;
      for (;;) {
        const end = waiting.indexOf(isContent ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const piece = waiting.slice(0, end);
        waiting = waiting.slice(end + (isContent ? 5 : 2));
        if (!isContent) command(piece);
        else {
          isContent = false;
          this.taken.push({ from, to, content: piece.replaceAll('\r\n..', '\r\n.') });
          say('250 taken');
        }
      }
    });
  }
}
