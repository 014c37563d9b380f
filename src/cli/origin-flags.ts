/** The flags that say where packets were seen, which become fields of every event. */
import { InvalidArgumentError, Option } from 'commander';
import type { EventOrigin } from '../output/event/event-origin.ts';
import { ORIGIN_PATTERN } from '../output/event/origin-pattern.ts';

export function siteOption(): Option {
  return originOption('site', 'where the packets were captured');
}

export function ispOption(): Option {
  return originOption('isp', 'the operator of the network');
}

export function linkOption(): Option {
  return originOption('link', 'the link that was captured');
}

function originOption(name: keyof EventOrigin, meaning: string): Option {
  return new Option(`--${name} <name>`, `${meaning}; a field of every event`).argParser(originName);
}

/** The flags' values alone. */
export function originOf({ site, isp, link }: EventOrigin): EventOrigin {
  return { site, isp, link };
}

export function isOriginName(value: string): boolean {
  return new RegExp(ORIGIN_PATTERN).test(value);
}

function originName(value: string): string {
  if (isOriginName(value)) return value;
  throw new InvalidArgumentError(
    'It must begin with a letter or digit and have at most 63 letters, digits, - and _, like lahore-1.',
  );
}
