/** The page that the address names. Links within the console change the address without loading the page again. */
import { useEffect, useState } from 'preact/hooks';

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const CHANGED = 'sluice:place';

export function usePlace(): Place {
  const [place, setPlace] = useState(currentPlace);
  useEffect(() => {
    const follow = (): void => {
      setPlace(currentPlace());
    };
    addEventListener('popstate', follow);
    addEventListener(CHANGED, follow);
    return () => {
      removeEventListener('popstate', follow);
      removeEventListener(CHANGED, follow);
    };
  }, []);
  return place;
}

/** Goes to an address of the console; `isNew`: the way back leads to the one before. */
export function goTo(address: string, isNew = true): void {
  if (isNew) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  dispatchEvent(new Event(CHANGED));
}

/**
 * Changes keys of the address's query: null and '' remove one. The rest of the query stays, so that a filter keeps the
 * span of time.
 */
export function changeQuery(changes: Readonly<Record<string, string | null>>, isNew = true): void {
  goTo(`${location.pathname}${queryText(changedQuery(currentPlace().query, changes))}`, isNew);
}

/** A copy of a query with changes. */
export function changedQuery(
  query: URLSearchParams,
  changes: Readonly<Record<string, string | null>>,
): URLSearchParams {
  const changed = new URLSearchParams(query);
  for (const [key, value] of Object.entries(changes))
    if (value === null || value === '') changed.delete(key);
    else changed.set(key, value);
  return changed;
}

/** With its question mark; empty for an empty query. */
export function queryText(query: URLSearchParams): string {
  const written = query.toString();
  return written === '' ? '' : `?${written}`;
}

function currentPlace(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

/** The page of an address among these; null for none. One whose path ends in `/` is that of all addresses below it. */
export function pageIn<P extends { readonly path: string }>(pages: readonly P[], path: string): P | null {
  const own = pages.find((page) => page.path === path);
  return (
    own ?? pages.find((page) => page.path.endsWith('/') && page.path !== '/' && path.startsWith(page.path)) ?? null
  );
}
