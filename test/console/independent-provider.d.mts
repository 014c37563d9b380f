export class IndependentProvider {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly issuer: string;
  users: Record<string, Record<string, unknown>>;
  start(): Promise<void>;
  serve(returnTo: string): void;
  stop(): void;
}
