/** How outputs show addresses. */
export const ADDRESS_FORMS = ['plain', 'truncated', 'pseudonym'] as const;
export type AddressForm = (typeof ADDRESS_FORMS)[number];
