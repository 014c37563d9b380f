/** Reads the file that names a provider of OpenID Connect. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as z from 'zod/mini';
import { isLoopback } from '../host-check.ts';
import { checked } from '../schema-check.ts';
import { ispName } from './account.ts';
import type { OidcConfig } from './oidc-config.ts';

const OTHERS_MASK = 0o077;

const word = z.string().check(z.minLength(1), z.maxLength(200));

const configFile = <R extends string>(roleNames: readonly R[]) =>
  z.strictObject({
    name: word,
    issuer: word,
    client_id: word,
    client_secret_file: word,
    scopes: z._default(z.array(word), ['openid', 'profile']),
    name_claim: z._default(word, 'preferred_username'),
    role: z.strictObject({ claim: word, values: z.record(word, z.enum(roleNames)) }),
    isps: z.optional(
      z.strictObject({ claim: word, values: z.record(word, z.nullable(z.array(ispName).check(z.minLength(1)))) }),
    ),
  });

/** The roles of a server: all of them, the most powerful last, and those that see some operators of networks only. */
export interface RolesOfServer<R extends string> {
  readonly roleNames: readonly R[];
  readonly scopedRoles: readonly R[];
}

/** Throws an Error that says what is wrong with the file, or with the one of the client's secret. */
export function readOidcConfig<R extends string>(path: string, ofServer: RolesOfServer<R>): OidcConfig<R> {
  const parsed = checked(configFile(ofServer.roleNames), JSON.parse(readFileSync(path, 'utf8')), 'the file');
  if ('problem' in parsed) throw new Error(parsed.problem);
  const { name, issuer, client_id, client_secret_file, scopes, name_claim, role, isps = null } = parsed.data;
  return {
    name,
    issuer: issuerIn(issuer),
    clientId: client_id,
    clientSecret: secretIn(resolve(dirname(path), client_secret_file)),
    scopes: scopes.includes('openid') ? scopes : ['openid', ...scopes],
    nameClaim: name_claim,
    roleClaim: role.claim,
    roles: role.values,
    ...ofServer,
    isps,
  };
}

function issuerIn(issuer: string): URL {
  if (!URL.canParse(issuer)) throw new Error(`issuer: ${issuer} is not a URL`);
  const url = new URL(issuer);
  const isPlainButHere = url.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
  if (url.protocol === 'https:' || isPlainButHere) return url;
  throw new Error(`issuer: ${issuer} must begin with https://`);
}

function secretIn(path: string): string {
  if ((statSync(path).mode & OTHERS_MASK) !== 0) throw new Error(`others may read ${path}: chmod 600 ${path}`);
  const secret = readFileSync(path, 'utf8').trim();
  if (secret === '') throw new Error(`client_secret_file: ${path} is empty`);
  return secret;
}
