/**
 * Bounds how often one address may ask for what takes work: a program that polls too fast must not take the time of the
 * thread that captures. Open pages ask once a second each, so an address may have hundreds of them.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { reasonWith } from '../api/refusals.ts';

const WINDOW_MS = 10_000;
export const MOST_IN_WINDOW = 3000;
/** One household or company has a /64 of IPv6. */
const IPV6_PREFIX = 64;
const NO_HEADERS = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };

class TooManyRequests extends Error {
  readonly statusCode = 429;
  readonly reason: CodedProblem;

  constructor(seconds: number) {
    const reason = reasonWith('too-many-requests', String(seconds));
    super(reason.problem);
    this.reason = reason;
  }
}

/** Counts requests that their access allows: the others are refused for less. */
export function limitRate(app: FastifyInstance): void {
  void app.register(rateLimit, {
    max: MOST_IN_WINDOW,
    timeWindow: WINDOW_MS,
    ipv6Subnet: IPV6_PREFIX,
    addHeaders: NO_HEADERS,
    addHeadersOnExceeding: NO_HEADERS,
    errorResponseBuilder: (_request, { ttl }) => new TooManyRequests(Math.ceil(ttl / 1000)),
  });
}

/** The configuration of a route of which one address may ask only so many in the window. */
export function rateOf(most: number): { readonly rateLimit: { readonly max: number; readonly timeWindow: number } } {
  return { rateLimit: { max: most, timeWindow: WINDOW_MS } };
}
