export function examine(
  octets: Uint8Array,
  variant: number,
): Promise<{ readonly failure: { readonly check: string; readonly detail: string } | undefined }>;
