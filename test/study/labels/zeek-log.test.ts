/**
 * Zeek's log as its documentation and the tests of its packages have it. Zeek itself is in no package archive that the tests
 * can use, so the lines here are written by hand, in the format of Zeek 4 (zeek-spicy-wireguard, -openvpn and -ipsec), 6 and 7.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Protocol } from '../../../src/core/protocol.ts';
import { flowsOf, listOf, readText } from './read-text.ts';

const { NONE, WIREGUARD, OPENVPN, IPSEC } = Protocol;

const FIELDS = [
  'ts time', 'uid string', 'id.orig_h addr', 'id.orig_p port', 'id.resp_h addr', 'id.resp_p port', 'proto enum', 'service string', 'duration interval',
  'orig_bytes count', 'resp_bytes count', 'conn_state string', 'local_orig bool', 'local_resp bool', 'missed_bytes count', 'history string',
  'orig_pkts count', 'orig_ip_bytes count', 'resp_pkts count', 'resp_ip_bytes count', 'tunnel_parents set[string]', 'ip_proto count',
].map((field) => field.split(' ') as [string, string]); // prettier-ignore

function header(path = 'conn', fields: readonly (readonly [string, string])[] = FIELDS): string {
  return [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    `#path\t${path}`,
    '#open\t2026-11-29-20-00-00',
    `#fields\t${fields.map(([name]) => name).join('\t')}`,
    `#types\t${fields.map(([, type]) => type).join('\t')}`,
  ].join('\n');
}

function row(tuple: string, proto: string, service: string, ipProto: number): string {
  const rest = ['0.1', '1', '2', 'SF', '-', '-', '0', 'Dd', '1', '29', '1', '30', '-', String(ipProto)];
  return ['1795324800.609000', 'CHhAvVGS1DHFjwGM9', ...tuple.split(' '), proto, service, ...rest].join('\t');
}

const LOG = [
  header(),
  row('188.166.170.114 45965 188.166.170.115 51194', 'udp', 'spicy_wireguard', 17),
  row('192.168.88.3 50568 46.246.122.61 1198', 'udp', 'spicy_openvpn_udp', 17),
  row('192.168.56.103 33198 192.168.56.102 1194', 'udp', 'spicy_openvpn_udp_hmac_sha1_2', 17),
  row('192.168.56.103 33199 192.168.56.102 1194', 'tcp', 'ssl,spicy_openvpn_tcp_hmac_sha256', 6),
  row('2001:db8::1 500 2001:db8::2 500', 'udp', 'spicy_ipsec_ike_udp', 17),
  row('192.168.0.10 4500 144.76.154.114 4500', 'udp', '-spicy_wireguard,spicy_ipsec_udp', 17),
  row('192.168.88.3 41641 18.196.71.179 41641', 'udp', 'spicy_tailscale', 17),
  row('192.0.2.9 1 192.0.2.8 2', 'udp', '-spicy_wireguard', 17),
  row('192.0.2.9 40000 192.0.2.8 443', 'tcp', 'ssl', 6),
  row('192.0.2.9 40001 192.0.2.8 80', 'tcp', '-', 6),
  row('192.0.2.5 0 192.0.2.6 0', 'unknown_transport', '-', 50),
  row('192.0.2.7 0 224.0.0.22 0', 'unknown_transport', '-', 2),
  row('192.0.2.9 8 192.0.2.8 0', 'icmp', '-', 1),
  '#close\t2026-11-29-20-01-00',
  '',
].join('\n');

const LIST = [
  `udp 188.166.170.114 port 45965 and 188.166.170.115 port 51194: ${WIREGUARD} spicy_wireguard`,
  `udp 192.168.88.3 port 50568 and 46.246.122.61 port 1198: ${OPENVPN} spicy_openvpn_udp`,
  `udp 192.168.56.102 port 1194 and 192.168.56.103 port 33198: ${OPENVPN} spicy_openvpn_udp_hmac_sha1_2`,
  `tcp 192.168.56.102 port 1194 and 192.168.56.103 port 33199: ${OPENVPN} ssl,spicy_openvpn_tcp_hmac_sha256`,
  `udp 2001:db8::1 port 500 and 2001:db8::2 port 500: ${IPSEC} spicy_ipsec_ike_udp`,
  `udp 144.76.154.114 port 4500 and 192.168.0.10 port 4500: ${IPSEC} -spicy_wireguard,spicy_ipsec_udp`,
  `udp 18.196.71.179 port 41641 and 192.168.88.3 port 41641: ${WIREGUARD} spicy_tailscale`,
  `udp 192.0.2.8 port 2 and 192.0.2.9 port 1: ${NONE} -spicy_wireguard`,
  `tcp 192.0.2.8 port 443 and 192.0.2.9 port 40000: ${NONE} ssl`,
  `tcp 192.0.2.8 port 80 and 192.0.2.9 port 40001: ${NONE} -`,
  `esp/ah 192.0.2.5 and 192.0.2.6: ${IPSEC} esp`,
];

/** The same connections as Zeek writes them with LogAscii::use_json: fields that are not set are missing. */
function asJson(log: string, scope = '.'): string {
  const lines = log.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines
    .map((line) => {
      const set = line.split('\t').flatMap((cell, at): [string, unknown][] => {
        const [name, type] = FIELDS[at]!;
        if (cell === '-') return [];
        return [[name.replace('.', scope), ['port', 'count', 'time', 'interval'].includes(type) ? Number(cell) : cell]];
      });
      return `${JSON.stringify(Object.fromEntries(set))}\n`;
    })
    .join('');
}

const sorted = (list: readonly string[]): string[] =>
  list
    .map((line) =>
      line.replace(
        /^(\S+) (.*) and (.*): /,
        (_, proto: string, a: string, b: string) => `${proto} ${[a, b].sort().join(' and ')}: `,
      ),
    )
    .sort();

describe("Zeek's conn.log", () => {
  it('has the VPNs as the services of its packages, ESP by its number, and rows that are not compared', async () => {
    const flows = await flowsOf(LOG);
    expect(flows.tool).toBe('Zeek');
    expect(sorted(listOf(flows))).toEqual(sorted(LIST));
    expect(flows).toMatchObject({ untracked: 2, unreadable: 0, contradictory: 0 });
  });

  it('is read as JSON lines, with another scope separator, and packed by gzip', async () => {
    for (const text of [asJson(LOG), asJson(LOG, '_'), gzipSync(LOG), gzipSync(asJson(LOG))]) {
      const flows = await flowsOf(text);
      expect(sorted(listOf(flows))).toEqual(sorted(LIST));
      expect(flows.untracked).toBe(2);
    }
  });

  it('may be several logs after each other, with other columns', async () => {
    const few = FIELDS.filter(([name]) => /^id|proto|service/.test(name)).reverse();
    const second = [header('conn', few), ['17', '-', 'udp', '9', '192.0.2.2', '7', '192.0.2.1'].join('\t'), ''].join(
      '\n',
    );
    expect(listOf(await flowsOf(LOG + second)).at(-1)).toBe(`udp 192.0.2.1 port 7 and 192.0.2.2 port 9: ${NONE} -`);
  });

  // LogAscii::separator may be any text; the writer then escapes it in values (base/frameworks/logging/writers/ascii.zeek).
  it('may have another separator, which its values have escaped', async () => {
    const withComma = LOG.split('\n')
      .map((line) => {
        if (line.startsWith('#separator')) return '#separator \\x2c';
        return line.replaceAll(',', line.startsWith('#') ? ';' : '\\x2c').replaceAll('\t', ',');
      })
      .join('\n');
    expect(sorted(listOf(await flowsOf(withComma)))).toEqual(sorted(LIST));
  });

  it('may be of unset fields and empty sets with other words', async () => {
    const words = LOG.replace('#unset_field\t-', '#unset_field\tNULL').replace('(empty)', 'EMPTY');
    const log = words.replaceAll('\t-\t', '\tNULL\t').replaceAll('\t-\t', '\tNULL\t');
    expect(sorted(listOf(await flowsOf(log)))).toEqual(sorted(LIST));
  });

  // Times of LogAscii::json_timestamps = JSON::TS_ISO8601, and the fields that a stream of logs has before them.
  it('may have times as text, and say that it is conn', async () => {
    const asStream = (path: string): string =>
      asJson(LOG).replaceAll(
        /^\{"ts":[\d.]+/gm,
        `{"_path":"${path}","_write_ts":"2026-11-29T20:00:01.000000Z","ts":"2026-11-29T20:00:00.609000Z"`,
      );
    expect(sorted(listOf(await flowsOf(asStream('conn'))))).toEqual(sorted(LIST));
    expect((await readText(asStream('dns'))).issues[0]).toBe(
      '1:1: error: this is the log "dns" of Zeek; conn.log has the flows',
    );
  });

  it('has one opinion of a tuple: a VPN if any row says so, and the first of two', async () => {
    const back = (service: string): string => row('192.0.2.2 2 192.0.2.1 1', 'udp', service, 17);
    const flows = await flowsOf(
      [
        header(),
        row('192.0.2.1 1 192.0.2.2 2', 'udp', '-', 17),
        back('spicy_openvpn_udp'),
        back('dns'),
        back('spicy_wireguard'),
      ].join('\n'),
    );
    expect(listOf(flows)).toEqual([`udp 192.0.2.1 port 1 and 192.0.2.2 port 2: ${OPENVPN} spicy_openvpn_udp`]);
    expect(flows.contradictory).toBe(1);
  });

  it('has every mistake at its line and column', async () => {
    const wrong = row('192.0.2.1 1 192.0.2.2x 2', 'udp', '-', 17);
    const short = row('192.0.2.1 1 192.0.2.2 2', 'udp', '-', 17).split('\t').slice(0, 12).join('\t');
    const { content, issues } = await readText(
      [header(), wrong, short, row('192.0.2.1 - ::1 2', 'tcp', '-', 6), ''].join('\n'),
    );
    expect(content).toBeUndefined();
    expect(issues).toEqual([
      `9:${wrong.indexOf('192.0.2.2x') + 1}: error: id.resp_h is "192.0.2.2x"`,
      `10:${short.length + 1}: error: 12 of 22 columns of #fields`,
      `11:${wrong.indexOf('\t1\t192') + 2}: error: id.orig_p is "-"`,
    ]);
    expect((await readText(`${header('dns')}\n`)).issues[0]).toBe(
      '5:1: error: this is the log "dns" of Zeek; conn.log has the flows',
    );
    const other = FIELDS.filter(([name]) => name !== 'service');
    expect((await readText(header('conn', other))).issues[0]).toMatch(/^7:1: error: the log does not have service/);
    expect((await readText(`#separator \\x09\n${wrong}\n${wrong}\n`)).issues).toEqual([
      '2:1: error: a row before the line #fields, which says what its columns are',
    ]);
    const json = '{"id.orig_h":"192.0.2.1","id.orig_p":1,"id.resp_h":"x","id.resp_p":2,"proto":"udp"}';
    expect((await readText(`${json}\n[1]\nx\n${json.replace(',"proto":"udp"', '')}\n`)).issues).toEqual([
      `1:${json.indexOf('"id.resp_h"') + 1}: error: id.resp_h is "x"`,
      '2:1: error: no connection of Zeek: id.orig_h is missing',
      '3:1: error: not JSON; this log has one object in each line',
      '4:1: error: proto is missing',
    ]);
  });

  it('may be cut within its last line, which is left out with a remark', async () => {
    for (const whole of [LOG.slice(0, LOG.indexOf('#close')), asJson(LOG)]) {
      const last = whole.trimEnd().split('\n').at(-1)!;
      const { content, issues } = await readText(whole.trimEnd().slice(0, -last.length + 30));
      expect(content).toMatchObject({ kind: 'tool', flows: { untracked: 1 } });
      expect(issues).toEqual([expect.stringMatching(/warning: the log ends within this line, which is left out$/)]);
    }
  });
});
