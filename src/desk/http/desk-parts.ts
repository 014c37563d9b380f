/** What the routes of the desk work with. */
import type { OidcConfig } from '../../web/http/accounts/oidc-config.ts';
import type { PasswordSignIn } from '../../web/http/accounts/password-sign-in.ts';
import type { StaffRole } from '../model/role.ts';
import type { readTableInPieces } from '../import/read-table.ts';
import type { SheetReader } from '../import/sheet-reader.ts';
import type { Confirmation } from '../confirm/confirm-import.ts';
import type { RegistryKeys } from '../registry-keys.ts';
import type { WriteGate } from '../work/write-gate.ts';
import type { DeskDatabase } from '../store/desk-database.ts';
import type { DecisionLog } from '../decisions/decision-log.ts';
import type { DeskAccess } from './desk-access.ts';

export interface DeskParts {
  readonly database: DeskDatabase;
  readonly access: DeskAccess;
  readonly passwords: PasswordSignIn<StaffRole>;
  /** A provider of OpenID Connect at which staff sign in; null for none. */
  readonly oidc: OidcConfig<StaffRole> | null;
  /** The log of decisions of a daemon; null for none. */
  readonly decisions: DecisionLog | null;
  /** Requests that were refused since the start, by their status of HTTP. */
  readonly refusedByStatus: ReadonlyMap<number, number>;
  /** The folder of what applicants send. */
  readonly files: string;
  /** Reads spreadsheets in a process of their own. */
  readonly sheets: SheetReader;
  /** Understands the rows of a sheet with what the registry has now, with pauses for other requests. */
  readonly readTableInPieces: typeof readTableInPieces;
  /** Writes a confirmed import, all of it or nothing. Rejects with DeedRefused. */
  readonly confirmImport: (confirmation: Confirmation) => Promise<void>;
  /** Closed while another process writes. */
  readonly gate: WriteGate;
  /** The folder of the style sheet, the script, the icon and the font. */
  readonly assets: string;
  /** ms since 1970. */
  readonly now: () => number;
  /** The registry has changed: it is written out. */
  readonly onRegistryChange: () => void;
  /** Writes the registry now. `confirmed`: the hash that a person has confirmed against the guard. */
  readonly writeRegistry: (confirmed: string | null) => Promise<void>;
  /** The keys that the registry is signed with. */
  readonly keys: RegistryKeys;
  /** A mail to the applicant, if mail is configured. */
  readonly notify: (application: number, subject: string, text: string) => void;
}
