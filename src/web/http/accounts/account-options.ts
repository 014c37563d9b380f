/** Where the accounts of a server are, and what they are for. */
import type { OidcConfig } from './oidc-config.ts';

export interface AccountOptions {
  /** The file of the accounts; null where there can be none. */
  readonly file: string | null;
  /** The file was named: without it no one signs in. Left unnamed, a file that is not there means no accounts. */
  readonly isNamed: boolean;
  /** The provider at which users sign in too; null for none. */
  readonly oidc: OidcConfig | null;
  /** The operator of the network that this daemon watches; empty if it was not named; null for a hub of several. */
  readonly isp: string | null;
}

export const NO_ACCOUNTS: AccountOptions = { file: null, isNamed: false, oidc: null, isp: '' };
