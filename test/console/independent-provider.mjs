/**
 * A provider of OpenID Connect that this project has not written (oidc-provider, which is certified), with its own pages to
 * sign in and to agree, and its users. Any password is right there.
 */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

export class IndependentProvider {
  clientId = 'sluice';
  clientSecret = 'a-secret-of-the-client';
  /** Claims by user. */
  users = {};
  #server = createServer();

  /** Listens. `localhost` is another site than 127.0.0.1, as a provider is another site than the console. */
  async start() {
    await new Promise((resolve) => this.#server.listen(0, 'localhost', resolve));
    this.issuer = `http://localhost:${this.#server.address().port}`;
  }

  /** Serves a client that comes back to this address. */
  serve(returnTo) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: this.clientId,
          client_secret: this.clientSecret,
          redirect_uris: [returnTo],
          token_endpoint_auth_method: 'client_secret_post',
        },
      ],
      // As the specification has it: the claims of a scope are not in the token, they are given by UserInfo.
      claims: { openid: ['sub'], profile: ['preferred_username', 'groups', 'networks'] },
      findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...this.users[sub] }) }),
      cookies: { keys: ['a key of the test'] },
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] },
      ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 600, IdToken: 600 },
    });
    // Faults of the provider itself belong to the output of the test.
    provider.on('server_error', (_context, error) => process.stderr.write(`provider: ${error.stack}\n`));
    this.#server.on('request', provider.callback());
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
