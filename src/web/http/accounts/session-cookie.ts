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
    return `${this.name}=${id}; ${this.attributes}`;
  }

  remove(): string {
    return `${this.name}=; ${this.attributes}; Max-Age=0`;
  }

  private get attributes(): string {
    return `Path=/; HttpOnly; SameSite=Strict${this.isSecure ? '; Secure' : ''}`;
  }
}
