/** Texts of the page on health. */
export const health = {};
