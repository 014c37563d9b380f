/** The cookie with the id of a session: no script reads it, and no request from another site has it. */
import type { Caller } from '../../api/route.ts';

/**
 * Over HTTPS the prefix keeps other hosts of the domain and plain HTTP from setting it. The port tells daemons on one
 * machine apart: cookies do not know ports.
 */
export class SessionCookie {
  readonly name: string;
  private readonly isSecure: boolean;

  constructor(isSecure: boolean, port: number) {
    this.isSecure = isSecure;
    this.name = `${isSecure ? '__Host-' : ''}sluice-${port}`;
  }

  idIn({ cookies }: Pick<Caller, 'cookies'>): string | undefined {
    return cookies[this.name];
  }

  /** The header that sets it, until the browser is closed. */
  set(id: string): string {
    return `${this.name}=${id}; ${this.with('Strict')}`;
  }

  /** A sign-in that was begun at a provider, sealed. The provider's answer comes from another site: hence no Strict. */
  setBegun(sealed: string): string {
    return `${this.name}-begun=${sealed}; ${this.with('Lax')}; Max-Age=600`;
  }

  begunIn({ cookies }: Pick<Caller, 'cookies'>): string | undefined {
    return cookies[`${this.name}-begun`];
  }

  removeBegun(): string {
    return `${this.name}-begun=; ${this.with('Lax')}; Max-Age=0`;
  }

  remove(): string {
    return `${this.name}=; ${this.with('Strict')}; Max-Age=0`;
  }

  private with(sameSite: 'Strict' | 'Lax'): string {
    return `Path=/; HttpOnly; SameSite=${sameSite}${this.isSecure ? '; Secure' : ''}`;
  }
}
