/**
 * Signing in at a provider by OpenID Connect: authorization code with PKCE, state and nonce. What a browser has begun
 * is in its cookie, sealed (begun-sign-in).
 */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  type IDToken,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { Role, User } from '../../api/route.ts';
import { BegunSignIns } from './begun-sign-in.ts';
import type { OidcConfig } from './oidc-config.ts';
import { type Claims, neededClaims, oidcUser } from './oidc-user.ts';

const PROVIDER_TIMEOUT_SECONDS = 5;

/** The provider knows its user, and the configuration gives that one no access. */
export class NoAccess extends Error {
  override readonly name = 'NoAccess';
}

export class OidcSignIn<R extends string = Role> {
  private readonly config: OidcConfig<R>;
  private readonly begun: BegunSignIns;
  private provider: Promise<Configuration> | null = null;

  constructor(config: OidcConfig<R>, now: () => number = () => performance.now()) {
    this.config = config;
    this.begun = new BegunSignIns(now);
  }

  /** Begins to sign in: what was begun, sealed for a cookie, and the provider's address. Rejects without a provider. */
  async begin(returnTo: string, to: string): Promise<{ readonly sealed: string; readonly url: URL }> {
    const provider = await this.discovered();
    const one = { verifier: randomPKCECodeVerifier(), state: randomState(), nonce: randomNonce(), to };
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: returnTo,
      scope: this.config.scopes.join(' '),
      code_challenge: await calculatePKCECodeChallenge(one.verifier),
      code_challenge_method: 'S256',
      state: one.state,
      nonce: one.nonce,
    });
    return { sealed: this.begun.seal(one), url };
  }

  /**
   * `current`: the address to which the provider sent the browser. Rejects with NoAccess, or with whatever is wrong
   * with the answer.
   */
  async finish(sealed: string | undefined, current: URL): Promise<{ readonly user: User<R>; readonly to: string }> {
    // Whatever comes of it, it is used once.
    const one = sealed === undefined ? null : this.begun.use(sealed);
    if (one === null) throw new Error('nothing was begun in this browser, or too long ago');
    const provider = await this.discovered();
    const tokens = await authorizationCodeGrant(provider, current, {
      pkceCodeVerifier: one.verifier,
      expectedState: one.state,
      expectedNonce: one.nonce,
      idTokenExpected: true,
    });
    const claims = await this.claimsOf(provider, tokens.claims()!, tokens.access_token);
    try {
      return { user: oidcUser(claims, this.config), to: one.to };
    } catch (error) {
      throw new NoAccess((error as Error).message);
    }
  }

  /**
   * The claims of the token, which is signed, and where it lacks one that is needed, those that the provider adds when
   * asked.
   */
  private async claimsOf(provider: Configuration, signed: IDToken, accessToken: string): Promise<Claims> {
    const isWhole = neededClaims(this.config).every((name) => Object.hasOwn(signed, name));
    if (isWhole || provider.serverMetadata().userinfo_endpoint === undefined) return signed;
    return { ...(await fetchUserInfo(provider, accessToken, signed.sub)), ...signed };
  }

  /** The provider's description of itself, read once. A failure is tried again. */
  private discovered(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.config;
    // Only a provider on this machine may do without TLS (oidc-config-file).
    const isPlain = issuer.protocol === 'http:';
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is marked so that it stands out
    const plain = isPlain ? [allowInsecureRequests] : [];
    this.provider ??= discovery(issuer, clientId, clientSecret, undefined, {
      timeout: PROVIDER_TIMEOUT_SECONDS,
      // The signature of a token is verified, not only where it came from.
      execute: [...plain, enableNonRepudiationChecks],
    }).catch((error: unknown) => {
      this.provider = null;
      throw error;
    });
    return this.provider;
  }
}
