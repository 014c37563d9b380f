/** A provider of OpenID Connect at which users sign in. */
import type { Role } from '../../api/route.ts';

export interface OidcConfig<R extends string = Role> {
  /** What the button on the sign-in page says. */
  readonly name: string;
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
  /** The claim with the user's name. */
  readonly nameClaim: string;
  /** The claim, and the role that each of its values gives; the most powerful of several. */
  readonly roleClaim: string;
  readonly roles: Readonly<Record<string, R>>;
  /** All roles, the most powerful last. */
  readonly roleNames: readonly R[];
  /** The roles that see some operators of networks only. */
  readonly scopedRoles: readonly R[];
  /**
   * The claim, and the operators of networks that each of its values gives, null for all; null where all users see all.
   */
  readonly isps: {
    readonly claim: string;
    readonly values: Readonly<Record<string, readonly string[] | null>>;
  } | null;
}
