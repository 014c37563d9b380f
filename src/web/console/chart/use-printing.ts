/**
 * Whether the page is being printed. The page's root has the class `printing` then, which makes its colours black and
 * grey.
 */
import { useEffect, useState } from 'preact/hooks';

const PRINT = matchMedia('print');

export function usePrinting(): boolean {
  const [isPrinting, setPrinting] = useState(PRINT.matches);
  useEffect(() => {
    const begin = (): void => {
      document.documentElement.classList.add('printing');
      setPrinting(true);
    };
    const end = (): void => {
      document.documentElement.classList.remove('printing');
      setPrinting(false);
    };
    const follow = ({ matches }: { matches: boolean }): void => {
      if (matches) begin();
      else end();
    };
    if (PRINT.matches) begin();
    addEventListener('beforeprint', begin);
    addEventListener('afterprint', end);
    PRINT.addEventListener('change', follow);
    return () => {
      removeEventListener('beforeprint', begin);
      removeEventListener('afterprint', end);
      PRINT.removeEventListener('change', follow);
    };
  }, []);
  return isPrinting;
}
