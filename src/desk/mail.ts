/** Mail to applicants, from a queue in the database, so that a mail server that is away loses nothing. */
import nodemailer, { type Transporter } from 'nodemailer';
import type { Log } from '../output/log/log.ts';
import { type DeskDatabase, rows, run } from './store/desk-database.ts';
import { personalOf } from './store/history.ts';
import { WriteGate } from './work/write-gate.ts';

export interface MailOptions {
  /** Like smtp://mail.example:587. */
  readonly smtp: string;
  readonly from: string;
}

const MOST_AT_ONCE = 20;
const MOST_ATTEMPTS = 12;
const FIRST_WAIT_MS = 60_000;
const TIMEOUT_MS = 10_000;

interface Waiting {
  readonly id: number;
  readonly application: number;
  readonly subject: string;
  readonly text: string;
  readonly attempts: number;
}

export class Mail {
  private readonly database: DeskDatabase;
  private readonly from: string;
  private readonly log: Log;
  private readonly transport: Transporter;
  private readonly gate: WriteGate;
  private isSending = false;

  constructor(database: DeskDatabase, { smtp, from }: MailOptions, log: Log, gate = new WriteGate()) {
    this.database = database;
    this.gate = gate;
    this.from = from;
    this.log = log;
    const url = new URL(smtp);
    this.transport = nodemailer.createTransport({
      host: url.hostname,
      port: Number(url.port === '' ? 587 : url.port),
      secure: url.protocol === 'smtps:',
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      ...(url.username !== '' && {
        auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
      }),
    });
  }

  /** Within the transaction of what it tells of. */
  add(application: number, subject: string, text: string, atMs: number): void {
    const sql = 'INSERT INTO mail (application, subject, text, at_ms, next_ms) VALUES (?, ?, ?, ?, ?)';
    run(this.database, sql, application, subject, text, atMs, atMs);
  }

  /** Sends what is due. A mail that was sent is removed, and one that fails 12 times too, with a line in the log. */
  async send(nowMs: number): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    try {
      const due = rows<Waiting>(
        this.database,
        'SELECT id, application, subject, text, attempts FROM mail WHERE next_ms <= ? ORDER BY id LIMIT ?',
        nowMs,
        MOST_AT_ONCE,
      );
      for (const one of due) await this.sendOne(one, nowMs);
    } finally {
      this.isSending = false;
    }
  }

  private async sendOne({ id, application, subject, text, attempts }: Waiting, nowMs: number): Promise<void> {
    const to = personalOf(this.database, application)?.mail;
    try {
      if (to !== undefined) await this.transport.sendMail({ from: this.from, to, subject, text });
      await this.gate.opened();
      run(this.database, 'DELETE FROM mail WHERE id = ?', id);
    } catch (error) {
      await this.gate.opened();
      const isLast = attempts + 1 >= MOST_ATTEMPTS;
      const { code = 'unknown' } = error as { readonly code?: string };
      // The message of a mail server may name the recipient.
      this.log.warn({ application, attempts: attempts + 1, code, given_up: isLast }, 'a mail could not be sent');
      if (isLast) run(this.database, 'DELETE FROM mail WHERE id = ?', id);
      else
        run(
          this.database,
          'UPDATE mail SET attempts = attempts + 1, next_ms = ? WHERE id = ?',
          nowMs + FIRST_WAIT_MS * 2 ** attempts,
          id,
        );
    }
  }
}
