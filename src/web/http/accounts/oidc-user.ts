/** The user that the claims of a provider describe. Claims that the configuration does not name give no access. */
import type { User } from '../../api/route.ts';
import { NAME_PATTERN } from './account.ts';
import type { OidcConfig } from './oidc-config.ts';
import { PROVIDER_PREFIX } from './provider-name.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** The claims of which a user is made. */
export function neededClaims({
  nameClaim,
  roleClaim,
  isps,
}: Pick<OidcConfig, 'nameClaim' | 'roleClaim' | 'isps'>): readonly string[] {
  return [nameClaim, roleClaim, ...(isps === null ? [] : [isps.claim])];
}

/** Throws an Error that says which claim gives no access. */
export function oidcUser<R extends string>(claims: Claims, config: OidcConfig<R>): User<R> {
  const given = claims[config.nameClaim];
  const name = typeof given === 'string' ? given.toLowerCase() : '';
  if (!NAME_PATTERN.test(name)) throw new Error(`the claim ${config.nameClaim} is no name`);
  const roles = valuesOf(claims, config.roleClaim).flatMap((value): R[] => {
    const role = ownValue(config.roles, value);
    return role === undefined ? [] : [role];
  });
  const role = config.roleNames.findLast((one) => roles.includes(one));
  if (role === undefined) throw new Error(`the claim ${config.roleClaim} gives no role`);
  const isps = config.scopedRoles.includes(role) ? ispsOf(claims, config) : null;
  return { name: PROVIDER_PREFIX + name, role, isps };
}

function ispsOf(claims: Claims, { isps }: Pick<OidcConfig, 'isps'>): readonly string[] | null {
  if (isps === null) return null;
  const scopes = valuesOf(claims, isps.claim)
    .map((value) => ownValue(isps.values, value))
    .filter((scope) => scope !== undefined);
  if (scopes.length === 0) throw new Error(`the claim ${isps.claim} gives no network`);
  return scopes.includes(null) ? null : [...new Set(scopes.flatMap((scope) => scope ?? []))];
}

/** A claim of one text, or of several. */
function valuesOf(claims: Claims, name: string): readonly string[] {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
}

function ownValue<T>(values: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
