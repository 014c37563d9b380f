/** The catalogue of all texts of the page. Another language is another object of this type. */
import { english } from './english.ts';

export type Catalogue = typeof english;

export const text: Catalogue = english;
