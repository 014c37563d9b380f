/**
 * Headers of every answer to a browser. Nothing is loaded from elsewhere, nothing inline is run, no page of others
 * shows these in a frame, and no device of the browser is used. HTTPS is made lasting only where this server itself
 * speaks it.
 */
import type { FastifyHelmetOptions } from '@fastify/helmet';

const SECONDS_OF_YEAR = 31_536_000;

export const PERMISSIONS_POLICY = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'microphone',
  'midi',
  'payment',
  'usb',
]
  .map((feature) => `${feature}=()`)
  .join(', ');

const SELF = ["'self'"];

export function securityHeaders(hasTls: boolean): FastifyHelmetOptions {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: SELF,
        styleSrc: SELF,
        imgSrc: SELF,
        fontSrc: SELF,
        connectSrc: SELF,
        formAction: SELF,
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    // Over plain HTTP a browser ignores it, or takes it from whatever is in between.
    strictTransportSecurity: hasTls ? { maxAge: SECONDS_OF_YEAR, includeSubDomains: false } : false,
  };
}
