/** What a column of a table can mean, and the names that companies give it. */
import { nearestWord } from '../../registry/file/word-advice.ts';

export interface Field {
  readonly title: string;
  /** Several columns may have it: all of them count. */
  readonly isSeveral?: boolean;
  /** Lower-case words with single spaces, in the languages that files come in. */
  readonly names: readonly string[];
}

export const IGNORED = 'ignored';

const TABLE = {
  own: {
    title: 'Own addresses',
    isSeveral: true,
    names: [
      ...['ip', 'ips', 'ip address', 'ip addresses', 'ip no', 'ipv4', 'ipv6', 'prefix', 'prefixes', 'cidr', 'subnet'],
      ...[
        'subnets',
        'network',
        'networks',
        'address',
        'addresses',
        'static ip',
        'public ip',
        'own addresses',
        'ip range',
      ],
      ...['ip from', 'from ip', 'start ip', 'first ip', 'first address', 'start address', 'address from'],
      ...[
        'addresses from',
        'range',
        'source ip',
        'ip adresse',
        'ip adressen',
        'adresse',
        'adressen',
        'netz',
        'adresse ip',
      ],
      ...[
        'adresses ip',
        'адрес',
        'адреса',
        'ip адрес',
        'ip адреса',
        'подсеть',
        'сеть',
        'диапазон',
        'ip addresses from',
      ],
    ],
  },
  last: {
    title: 'Last address of the range',
    names: [
      ...['ip to', 'to ip', 'end ip', 'last ip', 'last address', 'end address', 'address to', 'addresses to'],
      ...['ip addresses to', 'ip address to', 'ip bis', 'adressen bis', 'конечный адрес', 'последний адрес'],
    ],
  },
  mask: {
    title: 'Netmask or prefix length',
    names: [
      'mask',
      'netmask',
      'subnet mask',
      'prefix length',
      'net mask',
      'maske',
      'netzmaske',
      'маска',
      'маска подсети',
      'masque',
    ],
  },
  far: {
    title: 'Far ends',
    isSeveral: true,
    names: [
      ...['far end', 'far ends', 'remote', 'remote ip', 'remote address', 'server', 'server ip', 'vpn server', 'peer'],
      ...['endpoint', 'destination', 'destination ip', 'gegenstelle', 'удаленный адрес', 'сервер', 'adresse distante'],
    ],
  },
  holder: {
    title: 'Holder',
    names: [
      ...['holder', 'company', 'company name', 'organisation', 'organization', 'name', 'customer', 'client', 'firm'],
      ...[
        'subscriber name',
        'customer name',
        'name of company',
        'name of organisation',
        'name of organization',
        'applicant',
      ],
      ...[
        'legal name',
        'firma',
        'unternehmen',
        'kunde',
        'компания',
        'организация',
        'наименование',
        'наименование организации',
      ],
      ...['название', 'владелец', 'клиент', 'société', 'entreprise', 'nom'],
    ],
  },
  sector: {
    title: 'Sector',
    names: [
      'sector',
      'industry',
      'category',
      'branch',
      'type of business',
      'branche',
      'сектор',
      'отрасль',
      'вид деятельности',
      'secteur',
    ],
  },
  protocols: {
    title: 'Protocols',
    names: [
      'protocol',
      'protocols',
      'vpn',
      'vpn type',
      'vpn protocol',
      'technology',
      'протокол',
      'протоколы',
      'protokoll',
      'protocole',
    ],
  },
  validFrom: {
    title: 'Valid from',
    names: [
      ...[
        'valid from',
        'from',
        'start',
        'start date',
        'begin',
        'begins',
        'since',
        'date from',
        'period from',
        'period start',
      ],
      ...[
        'issue date',
        'registration date',
        'registered on',
        'approved on',
        'von',
        'gültig ab',
        'ab',
        'beginn',
        'period begin',
      ],
      ...['действует с', 'дата начала', 'начало', 'с', 'срок с', 'début', 'du', 'validity from', 'validity start'],
    ],
  },
  validUntil: {
    title: 'Valid until, with that day',
    names: [
      ...[
        'valid until',
        'valid to',
        'valid till',
        'until',
        'to',
        'till',
        'end',
        'end date',
        'expires',
        'expiry',
        'expiry date',
      ],
      ...[
        'expiration',
        'expiration date',
        'expires on',
        'date to',
        'period to',
        'period end',
        'bis',
        'gültig bis',
        'ende',
      ],
      ...[
        'ablauf',
        'действует до',
        'дата окончания',
        'окончание',
        'срок',
        'срок действия',
        'срок до',
        'по',
        'до',
        'fin',
        'au',
      ],
      ...['validity to', 'validity end', 'validity'],
    ],
  },
  reference: {
    title: 'Reference there',
    names: [
      ...[
        'reference',
        'ref',
        'ref no',
        'registration',
        'registration no',
        'registration number',
        'certificate',
        'certificate no',
      ],
      ...['licence', 'license', 'licence no', 'aktenzeichen', 'рег номер', 'регистрационный номер', 'référence'],
    ],
  },
  isp: {
    title: 'Internet provider',
    names: [
      'isp',
      'provider',
      'internet provider',
      'operator',
      'carrier',
      'anbieter',
      'провайдер',
      'оператор',
      'fournisseur',
      'opérateur',
    ],
  },
  subscriber: {
    title: 'Subscriber number',
    names: [
      ...['subscriber', 'subscriber id', 'subscriber number', 'contract', 'contract no', 'contract number', 'account'],
      ...[
        'account no',
        'customer id',
        'customer no',
        'kundennummer',
        'vertrag',
        'договор',
        'номер договора',
        'абонент',
      ],
    ],
  },
  contact: {
    title: 'Contact person',
    names: [
      'contact',
      'contact person',
      'contact name',
      'responsible',
      'ansprechpartner',
      'контакт',
      'контактное лицо',
      'ответственный',
    ],
  },
  mail: {
    title: 'E-mail',
    names: ['mail', 'email', 'e mail', 'contact email', 'почта', 'email адрес', 'email address'],
  },
  phone: {
    title: 'Telephone',
    names: ['phone', 'telephone', 'tel', 'mobile', 'phone no', 'telefon', 'телефон', 'téléphone'],
  },
  purpose: {
    title: 'Purpose',
    names: ['purpose', 'use', 'reason', 'purpose of vpn', 'zweck', 'цель', 'назначение', 'objet'],
  },
  scope: { title: 'Scope', names: ['scope'] },
} as const satisfies Readonly<Record<string, Field>>;

export type FieldName = keyof typeof TABLE;
export const FIELDS: Readonly<Record<FieldName, Field>> = TABLE;
export const FIELD_NAMES = Object.keys(TABLE) as readonly FieldName[];

/** A name is found within a longer header from this length on, or where it has several words. */
const SHORTEST_WITHIN = 5;
/** Short words that say what they mean also within others. */
const TELLING = new Set(['ip', 'ips', 'cidr', 'ipv4', 'ipv6', 'isp']);
/** These are found alone only: within other words they mean other things. */
const ALONE = new Set([
  'range',
  'start',
  'begin',
  'since',
  'until',
  'branch',
  'server',
  'remote',
  'peer',
  'account',
  'contract',
]);

export interface NameMatch {
  readonly field: FieldName;
  /** Exact names before those within longer ones, and long ones before short ones. */
  readonly score: number;
}

const EXACT = 1000;
const NEAR = 500;

/** The words of a header in lower case with single spaces. */
export function headerWords(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** What a header means; null for a name that is not known. */
export function fieldNamed(text: string): NameMatch | null {
  const words = headerWords(text);
  if (words === '') return null;
  let best: NameMatch | null = null;
  for (const field of FIELD_NAMES)
    for (const name of TABLE[field].names) {
      const score = scoreOf(words, name);
      if (score > (best?.score ?? 0)) best = { field, score };
    }
  return best ?? nearField(words);
}

function scoreOf(words: string, name: string): number {
  if (words === name) return EXACT + name.length;
  const isTelling = TELLING.has(name) || name.includes(' ') || (name.length >= SHORTEST_WITHIN && !ALONE.has(name));
  return isTelling && ` ${words} `.includes(` ${name} `) ? name.length : 0;
}

/** A name with a typing error. */
function nearField(words: string): NameMatch | null {
  for (const field of FIELD_NAMES) {
    const names = TABLE[field].names.filter((name) => name.length >= SHORTEST_WITHIN);
    if (nearestWord(words, names) !== null) return { field, score: NEAR };
  }
  return null;
}
