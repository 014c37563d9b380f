/** Begins like an address: a text that is neither a valid one nor found otherwise probably has a typing error. */
export const LIKE_AN_ADDRESS = /^\s*['"[]?(\d{1,3}(\.|\/\d)|[0-9a-f]{0,4}:|\*)/i;
