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

function currentPlace(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}
