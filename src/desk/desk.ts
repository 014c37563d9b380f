/** The running desk: its state folder, its server, the registry that it writes, its mail and its clock. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../output/log/log.ts';
import type { OidcConfig } from '../web/http/accounts/oidc-config.ts';
import type { HttpOptions, ListenAddress } from '../web/http/http-options.ts';
import { ImportWriter } from './confirm/import-writer.ts';
import { DecisionLog } from './decisions/decision-log.ts';
import { RegistryWriter } from './export/registry-writer.ts';
import type { StaffRole } from './model/role.ts';
import { DeskServer } from './http/desk-server.ts';
import { readTableInPieces } from './import/read-table.ts';
import { SheetReader } from './import/sheet-reader.ts';
import { Mail, type MailOptions } from './mail.ts';
import { RegistryKeys } from './registry-keys.ts';
import { allAccounts } from './store/account-store.ts';
import { DATABASE_NAME, type DeskDatabase, openDesk } from './store/desk-database.ts';
import { removeStrayFiles } from './store/file-store.ts';
import { allReasons, writeFirstReasons, writeProviderIsps } from './store/settings.ts';
import { tick } from './work/clock.ts';
import { WriteGate } from './work/write-gate.ts';

const FILES = 'files';
const TICK_MS = 5000;
/** The registry is written also where nothing has changed: periods end. */
const SCHEDULE_MS = 15 * 60_000;
const OWNER_ONLY = 0o700;

export interface DeskOptions {
  readonly state: string;
  /** The folder into which the registry is written. */
  readonly out: string;
  readonly http: HttpOptions;
  readonly assets: string;
  readonly mail: MailOptions | null;
  /** A provider of OpenID Connect at which staff sign in; null for none. */
  readonly oidc: OidcConfig<StaffRole> | null;
  /** The log of decisions of a daemon; null for none. */
  readonly decisions: string | null;
}

/** The folder of a desk, made where it is not there: the database, the key that signs the registry, the reasons. */
export function openState(state: string): { readonly database: DeskDatabase; readonly keys: RegistryKeys } {
  mkdirSync(state, { recursive: true, mode: OWNER_ONLY });
  const keys = new RegistryKeys(state);
  const database = openDesk(join(state, DATABASE_NAME));
  if (allReasons(database).length === 0) writeFirstReasons(database);
  return { database, keys };
}

export class Desk {
  readonly database: DeskDatabase;
  private readonly server: DeskServer;
  private readonly writer: RegistryWriter;
  private readonly mail: Mail | null;
  private readonly log: Log;
  private readonly files: string;
  private readonly gate = new WriteGate();
  private readonly timers: NodeJS.Timeout[] = [];

  constructor({ state, out, http, assets, mail, oidc, decisions }: DeskOptions, log: Log) {
    const { database, keys } = openState(state);
    this.database = database;
    this.log = log;
    this.files = join(state, FILES);
    const strays = removeStrayFiles(database, this.files);
    if (strays > 0) log.warn({ files: strays }, 'files of applications that were not received were removed');
    writeProviderIsps(
      database,
      Object.values(oidc?.isps?.values ?? {}).flatMap((one) => one ?? []),
    );
    this.mail = mail === null ? null : new Mail(database, mail, log, this.gate);
    this.writer = new RegistryWriter({ database: join(state, DATABASE_NAME), folder: out }, keys, log, Date.now);
    const imports = new ImportWriter(join(state, DATABASE_NAME), this.gate);
    this.server = new DeskServer(
      http,
      {
        database,
        decisions: decisions === null ? null : new DecisionLog(decisions),
        files: this.files,
        sheets: new SheetReader(),
        readTableInPieces,
        confirmImport: (confirmation) => imports.write(confirmation),
        gate: this.gate,
        assets,
        oidc,
        now: Date.now,
        onRegistryChange: () => {
          this.writer.want();
        },
        writeRegistry: async (confirmed) => {
          await this.writer.write(confirmed);
        },
        keys,
        notify: (application, subject, text) => {
          this.mail?.add(application, subject, text, Date.now());
        },
      },
      log,
    );
  }

  get hasAdministrator(): boolean {
    return allAccounts(this.database).some(({ role }) => role === 'admin');
  }

  async start(): Promise<ListenAddress> {
    const address = await this.server.start();
    this.writer.want();
    this.timers.push(
      setInterval(() => {
        this.tick();
      }, TICK_MS),
      setInterval(() => {
        this.writer.want();
      }, SCHEDULE_MS),
    );
    return address;
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.server.stop();
    this.database.close();
  }

  private tick(): void {
    if (this.gate.isClosed) return;
    try {
      const notify = (application: number, subject: string, text: string): void => {
        this.mail?.add(application, subject, text, Date.now());
      };
      if (tick(this.database, Date.now(), { files: this.files, notify })) this.writer.want();
    } catch (error) {
      this.log.error({ error: (error as Error).message }, 'what was due could not be done; it is tried again');
    }
    void this.mail?.send(Date.now());
  }
}
