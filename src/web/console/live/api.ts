/** Asks the daemon's API. */

export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, problem: string) {
    super(problem);
    this.status = status;
  }
}

/** The answer's JSON. Rejects with ApiError for a refusal, and with TypeError where there is no answer. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`/api/v1${path}`, { headers: { accept: 'application/json' }, signal: signal ?? null });
  const body = (await response.json()) as unknown;
  if (!response.ok) throw new ApiError(response.status, (body as { problem?: string }).problem ?? response.statusText);
  return body as T;
}
