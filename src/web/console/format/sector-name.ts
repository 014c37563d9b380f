/** The sector of a registration in words. */
import { text } from '../text/catalogue.ts';

export function sectorName(sector: string): string {
  return text.terms.sectors[sector] ?? sector;
}
