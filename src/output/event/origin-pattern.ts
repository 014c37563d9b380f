/**
 * The names of sites, operators and links: 1 to 63 letters, digits, `-` and `_`. These names are parts of metric
 * labels, file names and message subjects.
 */
export const ORIGIN_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$';
