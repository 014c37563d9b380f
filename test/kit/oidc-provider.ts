/** A small provider of OpenID Connect over HTTP: authorization code with PKCE, and tokens signed with RS256. */
import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY_ID = 'test';

interface Granted {
  readonly challenge: string;
  readonly nonce: string;
  readonly redirect: string;
}

/** What the provider does wrong; nothing by default. */
export interface Fault {
  readonly claims?: Record<string, unknown>;
  readonly isUnsigned?: boolean;
  readonly isOtherKey?: boolean;
  /** Parameters of the answer to the browser. */
  readonly answer?: Record<string, string>;
}

export class OidcProvider {
  claims: Record<string, unknown> = {};
  fault: Fault = {};
  readonly clientId = 'sluice';
  readonly clientSecret = 'a-secret-of-the-client';
  private readonly server: Server;
  private readonly codes = new Map<string, Granted>();

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, this.issuer);
    if (pathname === '/.well-known/openid-configuration') {
      send(response, 200, {
        issuer: this.issuer,
        authorization_endpoint: `${this.issuer}/authorize`,
        token_endpoint: `${this.issuer}/token`,
        jwks_uri: `${this.issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      });
    } else if (pathname === '/jwks') {
      const jwk = keys.publicKey.export({ format: 'jwk' });
      send(response, 200, { keys: [{ ...jwk, kid: KEY_ID, alg: 'RS256', use: 'sig' }] });
    } else if (pathname === '/authorize') this.authorize(searchParams, response);
    else if (pathname === '/token') this.token(new URLSearchParams(await textOf(request)), response);
    else send(response, 404, {});
  }

  /** The user agrees at once. */
  private authorize(query: URLSearchParams, response: ServerResponse): void {
    const given = (name: string): string => query.get(name)!;
    if (given('client_id') !== this.clientId || given('code_challenge_method') !== 'S256') {
      send(response, 400, { error: 'invalid_request' });
      return;
    }
    const code = randomUUID();
    const redirect = given('redirect_uri');
    this.codes.set(code, { challenge: given('code_challenge'), nonce: given('nonce'), redirect });
    const answer = { code, state: given('state'), ...this.fault.answer };
    response.writeHead(302, { location: `${redirect}?${new URLSearchParams(answer).toString()}` }).end();
  }

  private token(form: URLSearchParams, response: ServerResponse): void {
    const code = form.get('code') ?? '';
    const granted = this.codes.get(code);
    this.codes.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight =
      challenge === granted?.challenge &&
      form.get('redirect_uri') === granted.redirect &&
      form.get('client_secret') === this.clientSecret;
    if (!isRight) {
      send(response, 400, { error: 'invalid_grant' });
      return;
    }
    send(response, 200, { access_token: randomUUID(), token_type: 'bearer', id_token: this.idToken(granted.nonce) });
  }

  private idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1000);
    const standard = { iss: this.issuer, sub: 'user-1', aud: this.clientId, iat: now, exp: now + 300, nonce };
    const { isUnsigned = false, isOtherKey = false, claims = {} } = this.fault;
    const header = isUnsigned ? { alg: 'none' } : { alg: 'RS256', kid: KEY_ID };
    const signed = [header, { ...standard, ...this.claims, ...claims }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    if (isUnsigned) return `${signed}.`;
    const { privateKey } = isOtherKey ? otherKeys : keys;
    return `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}`;
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  return text;
}
