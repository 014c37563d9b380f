/**
 * The rule that the end of the address names, as in `/rules#unregistered`: the page shows it, and brings it into view.
 */
import { useEffect, useRef } from 'preact/hooks';

const LONGEST_NAME = 64;

/** Empty for none. */
export function linkedRule(): string {
  try {
    return decodeURIComponent(location.hash.slice(1)).slice(0, LONGEST_NAME);
  } catch {
    return '';
  }
}

/** For the element of a rule. */
export function useLinkedRule(name: string) {
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (linkedRule() === name) place.current?.scrollIntoView();
  }, [name]);
  return place;
}
