/** The control socket: which users may use it, which requests it accepts, and hostile peers. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askDaemon } from '../../src/daemon/control-client.ts';
import { ControlSocket, type Peer } from '../../src/daemon/control-socket.ts';
import { PeerProof, proveUser } from '../../src/daemon/control-peer.ts';

let folder = '';
let path = '';
let socket: ControlSocket;
const peers: Peer[] = [];
const log = pino({ level: 'silent' });
const isRoot = process.getuid!() === 0;

const open = (handler = (request: object): Promise<object> => Promise.resolve({ ok: true, request })): ControlSocket =>
  new ControlSocket(
    path,
    (request, peer) => {
      peers.push(peer);
      return handler(request);
    },
    log,
  );

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-control-'));
  path = join(folder, 'control.sock');
  peers.length = 0;
  socket = open();
  await socket.start();
});
afterEach(async () => {
  await socket.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends bytes, and returns the whole answer. */
function raw(
  bytes: string | Buffer,
  prove: (nonce: string) => void = (nonce) => {
    proveUser(path, nonce);
  },
): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const peer = connect(path);
    peer.setEncoding('utf8');
    peer.once('data', (text: string) => {
      const { nonce } = JSON.parse(text) as { nonce: string };
      prove(nonce);
      peer.on('data', (more: string) => (received += more));
      peer.write(bytes);
    });
    peer.on('error', () => undefined);
    peer.on('close', () => {
      resolve(received);
    });
  });
}

describe('the control socket', () => {
  it('is for its user alone, answers it, and knows the user', async () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await askDaemon(path, { command: 'status' })).toMatchObject({ ok: true, request: { command: 'status' } });
    expect(peers).toMatchObject([{ uid: process.getuid!() }]);
    expect(readdirSync(folder)).toEqual(['control.sock']);
  });

  it('takes the word of root alone on the user before sudo', async () => {
    await raw('{"command":"status","sudo_uid":1234}\n');
    expect(peers).toEqual([{ uid: process.getuid!(), sudoUid: isRoot ? 1234 : null }]);
    await raw('{"command":"status","sudo_uid":"1234; rm"}\n');
    expect(peers.at(-1)).toEqual({ uid: process.getuid!(), sudoUid: null });
  });

  it.runIf(isRoot)('tells another user from root by the owner of the file, not by its word', async () => {
    const proof = (nonce: string): void => {
      proveUser(path, nonce);
      chownSync(join(folder, `.control-${nonce}`), 4321, 4321);
    };
    await raw('{"command":"status","uid":0,"sudo_uid":7}\n', proof);
    expect(peers).toEqual([{ uid: 4321, sudoUid: null }]);
  });

  it.runIf(isRoot)('lets no other user connect', () => {
    chmodSync(folder, 0o755);
    const script = `require('net').connect(${JSON.stringify(path)}).on('connect', () => process.exit(0)).on('error', (e) => { console.log(e.code); process.exit(1); })`;
    const { status, stdout } = spawnSync(process.execPath, ['-e', script], { uid: 4321, gid: 4321, encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, 'EACCES\n']);
  });

  it('refuses a peer without a proof, or with a file that is older or has another name as well', async () => {
    const refused = '{"ok":false,"problem":"the user of the request could not be determined"}\n';
    expect(await raw('{"command":"status"}\n', () => undefined)).toBe(refused);
    const old = join(folder, 'old');
    writeFileSync(old, '');
    expect(
      await raw('{"command":"status"}\n', (nonce) => {
        linkSync(old, join(folder, `.control-${nonce}`));
      }),
    ).toBe(refused);
    expect(
      await raw('{"command":"status"}\n', (nonce) => {
        writeFileSync(join(folder, `.control-${nonce}`), 'x');
      }),
    ).toBe(refused);
    expect(
      await raw('{"command":"status"}\n', (nonce) => {
        mkdirSync(join(folder, `.control-${nonce}`));
      }),
    ).toBe(refused);
    expect(peers).toEqual([]);
  });

  it('refuses a file that was moved there from before', async () => {
    const old = join(folder, 'old');
    writeFileSync(old, '');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const proof = new PeerProof(path);
    renameSync(old, join(folder, `.control-${proof.nonce}`));
    expect(proof.take()).toBeNull();
  });

  it('survives what is no request, and what is too long', async () => {
    expect(await raw('garbage\n')).toBe('');
    expect(await raw('[]\n')).toContain('a request must be a JSON object');
    expect(await raw('null\n')).toContain('a request must be a JSON object');
    expect(await raw(Buffer.alloc(100_000, 'a'))).toBe('');
    expect(await raw(`${'a'.repeat(70_000)}\n`)).toBe('');
    expect(await askDaemon(path, { command: 'status' })).toMatchObject({ ok: true });
    expect(readdirSync(folder)).toEqual(['control.sock']);
  });

  it('bears peers that go away, and a handler that fails', async () => {
    for (let count = 0; count < 50; count++)
      connect(path)
        .on('error', () => undefined)
        .destroy();
    await socket.stop();
    socket = open(() => Promise.reject(new Error('secret')));
    await socket.start();
    expect(await askDaemon(path, { command: 'status' })).toEqual({
      ok: false,
      problem: 'the request failed; see the log',
    });
  });

  it('serves a few peers at a time, and those that say nothing give way', async () => {
    const silent = Array.from({ length: 40 }, () => connect(path).on('error', () => undefined));
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const peer of silent) peer.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await askDaemon(path, { command: 'status' })).toMatchObject({ ok: true });
  });
});

describe('its path', () => {
  it('is taken over from a daemon that was killed, and not from one that runs', async () => {
    await expect(open().start()).rejects.toThrow('another process listens on');
    expect(await askDaemon(path, {})).toMatchObject({ ok: true });
    await socket.stop();
    expect(existsSync(path)).toBe(false);
    // The leftover of a kill: a socket on which no process listens.
    spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    expect(existsSync(path)).toBe(true);
    socket = open();
    await socket.start();
    expect(await askDaemon(path, {})).toMatchObject({ ok: true });
  });

  it('that is no socket, or too long, is refused', async () => {
    const other = join(folder, 'file');
    writeFileSync(other, 'precious');
    await expect(new ControlSocket(other, () => Promise.resolve({}), log).start()).rejects.toThrow('is no socket');
    expect(statSync(other).size).toBe(8);
    const long = join(folder, 'a'.repeat(100));
    await expect(new ControlSocket(long, () => Promise.resolve({}), log).start()).rejects.toThrow('at most 107 bytes');
  });
});

describe('the asking side', () => {
  it('says why there is no answer', async () => {
    await expect(askDaemon(join(folder, 'nothing'), {})).rejects.toThrow('no daemon has its socket there');
  });

  it('makes no file that a false daemon names', async () => {
    const other = join(folder, 'false.sock');
    const server = createServer((peer) => peer.end('{"control":1,"nonce":"../../etc/passwd"}\n'));
    await new Promise<void>((resolve) => server.listen(other, resolve));
    await expect(askDaemon(other, {})).rejects.toThrow('no need of');
    server.close();
    expect(readdirSync(folder).sort()).toEqual(['control.sock']);
  });
});
