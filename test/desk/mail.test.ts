/** Mail to applicants through a mail server that takes it, is away, or refuses it. */
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { Mail } from '../../src/desk/mail.ts';
import { type DeskDatabase, rows } from '../../src/desk/store/desk-database.ts';
import { erasePersonal } from '../../src/desk/store/history.ts';
import { apply } from '../../src/desk/work/apply.ts';
import { MailSink } from '../kit/mail-sink.ts';
import { MONDAY_MS, newDesk, wanted } from './desk-kit.ts';

const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 86_400_000;

let log = '';
const memory = pino({}, { write: (line: string) => (log += line) });
const sinks: MailSink[] = [];

afterEach(async () => {
  log = '';
  for (const sink of sinks.splice(0)) await sink.stop();
});

function sink(): MailSink {
  const made = new MailSink();
  sinks.push(made);
  return made;
}

/** A desk with one application, and mail about it in the queue. */
function deskWith(smtp: string): { readonly database: DeskDatabase; readonly mail: Mail; readonly id: number } {
  const database = newDesk();
  const { id } = apply(database, wanted(['198.51.100.7/32'])).application;
  const mail = new Mail(database, { smtp, from: 'desk@desk.example' }, memory);
  mail.add(id, 'Your application OW-2026-000001', 'We have received it.\n.\nGrüße: Ω', MONDAY_MS);
  return { database, mail, id };
}

function queue(database: DeskDatabase): { readonly attempts: number; readonly nextMs: number }[] {
  return rows(database, 'SELECT attempts, next_ms AS nextMs FROM mail');
}

describe('mail to an applicant', () => {
  it('arrives with sender, recipient, subject and text, once', async () => {
    const server = sink();
    const { database, mail } = deskWith(await server.start());
    await Promise.all([mail.send(MONDAY_MS), mail.send(MONDAY_MS)]);
    await mail.send(MONDAY_MS + YEAR_MS);
    expect(server.taken).toHaveLength(1);
    const [{ from, to, content }] = server.taken as [(typeof server.taken)[number]];
    expect([from, to]).toEqual(['desk@desk.example', ['it@meridian.example']]);
    expect(content).toContain('Subject: Your application OW-2026-000001');
    const body = content.slice(content.indexOf('\r\n\r\n') + 4);
    const text = /base64/i.test(content) ? Buffer.from(body, 'base64').toString() : unquoted(body);
    expect(text.replaceAll('\r\n', '\n').trim()).toBe('We have received it.\n.\nGrüße: Ω');
    expect(queue(database)).toEqual([]);
  });

  it('waits for a server that is away, longer each time, and is not lost', async () => {
    const server = sink();
    const url = await server.start();
    await server.stop();
    sinks.splice(0);
    const { database, mail } = deskWith(url);
    let nowMs = MONDAY_MS;
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      await mail.send(nowMs);
      const [{ attempts, nextMs }] = queue(database) as [{ attempts: number; nextMs: number }];
      expect(attempts).toBe(attempt);
      waits.push((nextMs - nowMs) / MINUTE_MS);
      await mail.send(nextMs - 1);
      expect(queue(database)[0]!.attempts).toBe(attempt);
      nowMs = nextMs;
    }
    expect(waits).toEqual([1, 2, 4]);
    const later = sink();
    await later.start(Number(new URL(url).port));
    await mail.send(nowMs);
    expect(later.taken).toHaveLength(1);
    expect(queue(database)).toEqual([]);
  });

  it('that is refused twelve times is given up with a line in the log, which does not name the recipient', async () => {
    const server = sink();
    server.refusal = '550 no such mailbox it@meridian.example';
    const { database, mail } = deskWith(await server.start());
    let attempts = 0;
    for (let nowMs = MONDAY_MS; queue(database).length > 0; nowMs += YEAR_MS, attempts++) await mail.send(nowMs);
    expect(attempts).toBe(12);
    expect(server.taken).toEqual([]);
    expect(log).toContain('"given_up":true');
    expect(log).not.toContain('meridian');
  });

  it('is not sent once its recipient is erased', async () => {
    const server = sink();
    const { database, mail, id } = deskWith(await server.start());
    erasePersonal(database, id, MONDAY_MS);
    await mail.send(MONDAY_MS);
    expect(server.taken).toEqual([]);
    expect(queue(database)).toEqual([]);
  });
});

/** Quoted-printable text as it was written. */
function unquoted(text: string): string {
  const bytes = text
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
