/** Files as companies keep them, thirty and more. What is right for each of their rows is in expected.tsv, which was written by hand. */
import { type CellValue, workbook } from './workbook.ts';

export interface TestFile {
  readonly name: string;
  readonly content: Buffer;
  /** The character set that the reviewer chose, where it is not the usual one. */
  readonly encoding?: 'windows-1251';
  /** The order of days and months that the reviewer chose. */
  readonly dateOrder?: 'day-first';
}

const UNTIL = '2027-11-29';

function utf16(text: string, isBig: boolean, hasMark: boolean): Buffer {
  const bytes = Buffer.from(hasMark ? `\ufeff${text}` : text, 'utf16le');
  return isBig ? bytes.swap16() : bytes;
}

/** Letters of Windows-1251 for the Cyrillic alphabet. */
function cyrillic(text: string): Buffer {
  return Buffer.from(
    Array.from(text, (letter) => {
      const code = letter.codePointAt(0)!;
      return code >= 0x410 && code <= 0x44f ? code - 0x410 + 0xc0 : code;
    }),
  );
}

function csv(name: string, text: string, more: Partial<TestFile> = {}): TestFile {
  return { name, content: Buffer.from(text), ...more };
}

const TABLE = 'Company;IP address;Sector;Valid from;Valid until';

const CSV_FILES: readonly TestFile[] = [
  csv(
    'scripts.csv',
    [
      TABLE,
      `Alder Example;１９８．５１．１００．１;it;2026-11-30;${UNTIL}`,
      `Birch Example;۱۹۸.۵۱.۱۰۰.۲;it;2026-11-30;${UNTIL}`,
      'Cedar Example;198.51.100.3;it;2026-11-30;٢٩/١١/٢٠٢٧',
      'Dogwood Example;198.51.100.4;it;2026-11-30;۲۹ نومبر ۲۰۲۷',
      `Elm Example;\u200e198.51.100.8 /\u200e29;it;2026-11-30;${UNTIL}`,
      'Fir Example;198.51.100.20;it;2026-11-30;۰۱/۰۲/۲۰۲۷',
      `Ginkgo Example;१९८.५१.१००.३०-१९८.५१.१००.३१;it;2026-11-30;${UNTIL}`,
    ].join('\n'),
  ),
  csv(
    'odd-addresses.csv',
    [
      TABLE,
      `Alder Example;198.51.100.0 / 29;it;2026-11-30;${UNTIL}`,
      `Birch Example;1.98511E+11;it;2026-11-30;${UNTIL}`,
      `Cedar Example;2001:db8:7::1%eth0;it;2026-11-30;${UNTIL}`,
      `Dogwood Example;[2001:db8:8::1]:51820;it;2026-11-30;${UNTIL}`,
      '# checked until here;;;;',
      `Elm Example;198.51.100.24/2 9;it;2026-11-30;${UNTIL}`,
      `Fir Example;198.51.100.33/1,000;it;2026-11-30;${UNTIL}`,
      `Ginkgo Example;198.51.100.36 (old: 198.51.100.37);it;2026-11-30;${UNTIL}`,
      `Hazel Example;not 198.51.100.38;it;2026-11-30;${UNTIL}`,
      `Ivy Example;198.51.100.40-198.51.100.41-198.51.100.42;it;2026-11-30;${UNTIL}`,
      `Juniper Example;198.51.100.50 cancelled;it;2026-11-30;${UNTIL}`,
      `Kapok Example;l98.51.1O0.49;it;2026-11-30;${UNTIL}`,
      `Larch Example;0xC6336423;it;2026-11-30;${UNTIL}`,
      `Maple Example;::ffff:198.51.100.34;it;2026-11-30;${UNTIL}`,
      'Nutmeg Example;198.51.100.60;it;2026-11-30;1449/06/12 AH',
    ].join('\n'),
  ),
  csv(
    'plain.csv',
    'prefix,holder,sector,protocols,valid_from,valid_until,reference,scope\n' +
      '198.51.100.0/29,Alder Example,it,wireguard,2026-11-30,2027-11-29,R-1,\n' +
      '203.0.113.9,"Birch Example, Ltd",bank,openvpn;ipsec,2026-11-30,2027-11-29,R-2,source\n' +
      '192.0.2.8/32,Cedar Example,enterprise,,2026-11-30,2027-11-29,R-3,destination\n' +
      '192.0.2.9/32,Dogwood Example,enterprise,,2026-11-30,2027-11-29,R-4,pair\n',
  ),
  csv(
    'semicolons.csv',
    `${TABLE}\r\nAlder Example;198.51.100.1;it;30.11.2026;31.12.2026\r\nBirch Example;198.51.100.2;Banking;30.11.2026;31.12.2027\r\n`,
  ),
  csv(
    'tabs.txt',
    'Name\tIP\tProtocol\tExpiry\nAlder Example\t198.51.100.1\tWireGuard\t2027-11-29\nBirch Example\t198.51.100.2\tany\t2027-11-29\n',
  ),
  csv('bom.csv', `\ufeff${TABLE}\nÅland Example;198.51.100.1;it;2026-11-30;${UNTIL}\n`),
  {
    name: 'utf16.txt',
    content: utf16(`Company\tIP address\tValid until\r\nAlder Exämple\t198.51.100.1\t${UNTIL}\r\n`, false, true),
  },
  {
    name: 'utf16-without-mark.csv',
    content: utf16(`Company,IP address,Valid until\r\nAlder Example,198.51.100.1,${UNTIL}\r\n`, true, false),
  },
  {
    name: 'western.csv',
    content: Buffer.from(`Firma;IP-Adresse;gültig bis\r\nMüller Example GmbH;198.51.100.1;${UNTIL}\r\n`, 'latin1'),
  },
  {
    name: 'cyrillic.csv',
    content: cyrillic(`Организация;IP адрес;Действует до\r\nПример Банк;198.51.100.1;31 декабря 2027\r\nИтого;1;\r\n`),
    encoding: 'windows-1251',
  },
  csv('separator-line.csv', `sep=;\r\n${TABLE}\r\nAlder Example, Ltd;198.51.100.1;it;2026-11-30;${UNTIL}\r\n`),
  csv(
    'titles.csv',
    `Registered VPN addresses;;;;\nState of 30 November 2026;;;;\n\n${TABLE}\nAlder Example;198.51.100.1;it;2026-11-30;${UNTIL}\n` +
      `;;;;\nBirch Example;198.51.100.2;bank;2026-11-30;${UNTIL}\nTotal;2;;;\n`,
  ),
  csv(
    'lines-in-cells.csv',
    `${TABLE}\n"Alder Example\nHead office";"198.51.100.1\n198.51.100.4/30\n203.0.113.8";it;2026-11-30;${UNTIL}\nBirch Example;"198.51.100.12";it;2026-11-30;${UNTIL}\n`,
  ),
  csv(
    'ranges.csv',
    `${TABLE}\nAlder Example;198.51.100.16-198.51.100.31;it;2026-11-30;${UNTIL}\nBirch Example;198.51.100.32 – 198.51.100.34;it;2026-11-30;${UNTIL}\n` +
      `Cedar Example;198.51.100.40-43;it;2026-11-30;${UNTIL}\nDogwood Example;198.51.100.48 to 198.51.100.49;it;2026-11-30;${UNTIL}\n` +
      `Elm Example;198.51.100.63-198.51.100.60;it;2026-11-30;${UNTIL}\nFir Example;198.51.100.64 - 198.51.100.65, 198.51.100.70;it;2026-11-30;${UNTIL}\n`,
  ),
  csv(
    'netmasks.csv',
    `Company;IP;Subnet mask;Valid until\nAlder Example;198.51.100.16;255.255.255.240;${UNTIL}\nBirch Example;198.51.100.33;255.255.255.240;${UNTIL}\n` +
      `Cedar Example;198.51.100.48/255.255.255.252;;${UNTIL}\nDogwood Example;198.51.100.64 255.255.255.248;;${UNTIL}\nElm Example;198.51.100.80;/29;${UNTIL}\n` +
      `Fir Example;198.51.100.96;255.0.255.0;${UNTIL}\n`,
  ),
  csv(
    'several.csv',
    `${TABLE}\nAlder Example;"198.51.100.1, 198.51.100.2";it;2026-11-30;${UNTIL}\nBirch Example;198.51.100.3 198.51.100.4;it;2026-11-30;${UNTIL}\n` +
      `Cedar Example;198.51.100.5 / 198.51.100.6;it;2026-11-30;${UNTIL}\nDogwood Example;198.51.100.7 and 198.51.100.8;it;2026-11-30;${UNTIL}\n` +
      `Elm Example;"198.51.100.9, office two";it;2026-11-30;${UNTIL}\n`,
  ),
  csv(
    'dates.csv',
    'Company;IP;From;To\nAlder Example;198.51.100.1;30.11.2026;31.12.2026\nBirch Example;198.51.100.2;11/30/2026;12/31/2026\n' +
      'Cedar Example;198.51.100.3;01/02/2027;31/12/2027\nDogwood Example;198.51.100.4;30 Nov 2026;31 December 2027\n' +
      'Elm Example;198.51.100.5;30. November 2026;31. Dezember 2027\nFir Example;198.51.100.6;20261130;unlimited\n' +
      'Gum Example;198.51.100.7;2026-11-30;2027-02-30\nHazel Example;198.51.100.8;46356;2027-11-29\n' +
      'Ivy Example;198.51.100.9;2026-11-30 00:00:00;29.11.2027 г.\nJuniper Example;198.51.100.10;-;2025-01-01\n',
  ),
  csv(
    'day-first.csv',
    `Company;IP;From;To\nAlder Example;198.51.100.1;01/12/2026;02/03/2027\nBirch Example;198.51.100.2;1.12.26;12/31/2027\n`,
    {
      dateOrder: 'day-first',
    },
  ),
  csv(
    'other-names.csv',
    `S.No|Name of Organization|Static IP Address(es)|Type of Business|VPN protocol|Issue date|Valid till|Contact person|Company address\n` +
      `1|Alder Example|198.51.100.1|Call Center|Tailscale|2026-11-30|${UNTIL}|A. Person|1 Example Road\n2|Birch Example|198.51.100.2|software house|OpenVPN / IKEv2|2026-11-30|${UNTIL}|B. Person|2 Example Road\n` +
      `3|Cedar Example|198.51.100.3|bakery|wiregard|2026-11-30|${UNTIL}|C. Person|3 Example Road\n4|Dogwood Example|198.51.100.4|banc|wg|2026-11-30|${UNTIL}|D. Person|4 Example Road\n`,
  ),
  csv(
    'slips.csv',
    `Company,IP address,Valid until\n  Alder Example  , 198.51.100.1  ,${UNTIL} \nBirch Example,\u00a0198.51.100.2\u00a0,${UNTIL}\nCedar Example,198.051.100.003,${UNTIL}\n` +
      `Dogwood Example,198.51.100.9/29,${UNTIL}\nElm Example,10.1.2.3,${UNTIL}\nFir Example,198.51.0.0/16,${UNTIL}\nGum Example,198.51.100.300,${UNTIL}\n` +
      `Hazel Example,198.51.100.20:51820,${UNTIL}\nIvy Example,vpn.example.org,${UNTIL}\nJuniper Example,,${UNTIL}\n,198.51.100.30,${UNTIL}\n=Kapok,198.51.100.31,${UNTIL}\n`,
  ),
  csv(
    'damaged.csv',
    `Company;IP;Valid until\nAlder Example;1,98511E+11;${UNTIL}\nBirch Example;198051100004;${UNTIL}\nCedar Example;####;${UNTIL}\n` +
      `Dogwood Example;"=""198.51.100.7""";${UNTIL}\nElm Example;=A1&".8";${UNTIL}\nFir Example;#REF!;${UNTIL}\nGum Example;198.51.100;${UNTIL}\n`,
  ),
  csv('without-header.csv', `31.12.2027,198.51.100.1,Alder Example\n31.12.2027,198.51.100.2,Birch Example\n`),
  csv(
    'first-and-last.csv',
    `Firm,IP from,IP to,Valid until\nAlder Example,198.51.100.16,198.51.100.31,${UNTIL}\nBirch Example,198.51.100.40,198.51.100.40,${UNTIL}\nCedar Example,198.51.100.48,,${UNTIL}\n`,
  ),
  csv(
    'twice.csv',
    `Company,IP,Valid until\nAlder Example,198.51.100.0/29,${UNTIL}\nBirch Example,198.51.100.4,${UNTIL}\nAlder Example,198.51.100.0/29,${UNTIL}\nCedar Example,198.51.100.8,${UNTIL}\n`,
  ),
];

const HEAD: readonly CellValue[] = ['Company', 'IP address', 'Valid from', 'Valid until'];
const from = { date: '2026-11-30' };
const until = { date: UNTIL };

const WORKBOOKS: readonly TestFile[] = [
  {
    name: 'plain.xlsx',
    content: workbook([
      {
        name: 'List',
        rows: [
          HEAD,
          ['Alder Example', '198.51.100.1', from, until],
          ['Birch & Sons <Example>', '203.0.113.0/29', from, until],
        ],
      },
    ]),
  },
  {
    name: 'merged.xlsx',
    content: workbook([
      {
        name: 'List',
        rows: [
          ['VPN addresses of our members', null, null, null, null],
          ['Company', 'Addresses', null, 'Period', null],
          [null, 'From', 'To', 'Start', 'End'],
          ['Alder Example', '198.51.100.0', '198.51.100.3', from, until],
          [null, '198.51.100.8', '198.51.100.8', from, until],
          ['Birch Example', '198.51.100.16', '198.51.100.17', from, until],
        ],
        merges: ['A1:E1', 'A2:A3', 'B2:C2', 'D2:E2', 'A4:A5'],
      },
    ]),
  },
  {
    name: 'dates.xlsx',
    content: workbook([
      {
        name: 'List',
        rows: [
          HEAD,
          ['Alder Example', '198.51.100.1', from, until],
          ['Birch Example', '198.51.100.2', 46356, 46720],
          ['Cedar Example', '198.51.100.3', '30.11.2026', '29/11/2027'],
          ['Dogwood Example', '198.51.100.4', { date: '2026-11-30T09:30:00' }, until],
          ['Elm Example', '198.51.100.5', from, 'permanent'],
          ['Fir Example', '198.51.100.6', from, 12],
        ],
      },
    ]),
  },
  {
    name: 'hidden.xlsx',
    content: workbook([
      { name: 'Old', rows: [HEAD, ['Zelkova Example', '198.51.100.99', from, until]], isHidden: true },
      {
        name: 'Now',
        rows: [
          HEAD,
          ['Alder Example', '198.51.100.1', from, until],
          ['Birch Example', '198.51.100.2', from, until],
          ['Cedar Example', '198.51.100.3', from, until],
        ],
        hiddenRows: [3],
        hiddenColumns: [3],
      },
    ]),
  },
  {
    name: 'formulas.xlsx',
    content: workbook([
      {
        name: 'List',
        rows: [
          HEAD,
          ['Alder Example', { formula: '"198.51.100."&1', value: '198.51.100.1' }, from, until],
          [{ formula: 'UPPER("birch")', value: 'BIRCH' }, '198.51.100.2', from, until],
          ['Cedar Example', { formula: 'Other!A1' }, from, until],
          ['Dogwood Example', { error: '#REF!' }, from, until],
          ['Elm Example', '198.51.100.5', from, { formula: 'TODAY()+364', value: 46720 }],
        ],
      },
    ]),
  },
  {
    name: 'numbers.xlsx',
    content: workbook([
      {
        name: 'List',
        rows: [
          ['Company', 'IP address', 'Contract no', 'Valid until'],
          ['Alder Example', 198511001, 771, until],
          ['Birch Example', 198.51, '0772', until],
          ['Cedar Example', { date: '2003-02-01' }, '773', until],
          ['Dogwood Example', '198.51.100.4', 774, until],
        ],
      },
    ]),
  },
  {
    name: 'totals.xlsx',
    content: workbook([
      {
        name: 'List',
        rows: [
          HEAD,
          ['1', '2', '3', '4'],
          ['North branch', null, null, null],
          ['Alder Example', '198.51.100.1', from, until],
          ['Subtotal', 1, null, null],
          [null, null, null, null],
          HEAD,
          ['Birch Example', '198.51.100.2', from, until],
          ['Cedar Example', null, from, until],
          ['Grand total:', 2, null, null],
        ],
        merges: ['A3:D3'],
      },
    ]),
  },
  {
    name: 'inline-1904.xlsx',
    content: workbook(
      [
        {
          name: 'List',
          isInline: true,
          rows: [
            HEAD,
            ['Alder Example', '198.51.100.1', from, until],
            ['  Birch Example ', ' 198.51.100.2 ', from, until],
          ],
        },
      ],
      { is1904: true },
    ),
  },
  {
    name: 'ipv6.xlsx',
    content: workbook([
      {
        name: 'List',
        rows: [
          ['Company', 'IPv4', 'IPv6', 'VPN server', 'Valid until'],
          ['Alder Example', '198.51.100.1', '2001:db8:1::/48', null, until],
          [{ rich: ['Birch ', 'Example'] }, '-', '2001:DB8:2::1', null, until],
          ['Cedar Example', null, '2001:db8:3::1/64', null, until],
          ['Dogwood Example', null, null, '203.0.113.200', until],
          ['Elm Example', 'n/a', '2001:db8:5::1 - 2001:db8:5::2', null, until],
        ],
      },
    ]),
  },
  {
    name: 'continued.xlsx',
    content: workbook([
      {
        name: 'List',
        rows: [
          HEAD,
          ['Alder Example', '198.51.100.1', from, until],
          [null, '198.51.100.2', from, until],
          [null, '198.51.100.3', null, null],
          ['Birch Example', '198.51.100.4', from, until],
        ],
      },
    ]),
  },
];

export const TEST_FILES: readonly TestFile[] = [...CSV_FILES, ...WORKBOOKS];
