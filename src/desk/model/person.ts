/**
 * The accounts that are one person's. A person may have an account of the desk and one of the provider of OpenID
 * Connect: under the same name they are taken for the same person, so that what two people must do is not done by one.
 */
import { PROVIDER_PREFIX } from '../../web/http/accounts/provider-name.ts';

/** It has no account at this desk, and signs in at the provider. */
export function isOfProvider(account: string): boolean {
  return account.startsWith(PROVIDER_PREFIX);
}

function nameOf(account: string): string {
  return isOfProvider(account) ? account.slice(PROVIDER_PREFIX.length) : account;
}

/** False where either is null. */
export function isSamePerson(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && nameOf(a) === nameOf(b);
}

/** The account of the desk, and that of the provider. Either may not be there. */
export function accountsOfPerson(account: string): readonly [desk: string, provider: string] {
  const name = nameOf(account);
  return [name, PROVIDER_PREFIX + name];
}
