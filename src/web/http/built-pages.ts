/** The folder of the built pages, beside the bundled program. */
import { fileURLToPath } from 'node:url';

export const PAGES = fileURLToPath(new URL('../console/', import.meta.url));
