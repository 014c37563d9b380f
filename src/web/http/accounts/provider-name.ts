/** Distinguishes users of a provider of OpenID Connect from accounts of the same name. */
export const PROVIDER_PREFIX = 'oidc:';
