// HOST:PORT, as both ends write it.

/** Splits at the last colon; an IPv6 host stands in brackets. null when it is not HOST:PORT. */
export function splitAddress(text: string): { readonly host: string; readonly port: number } | null {
  const at = text.lastIndexOf(":");
  const host = text.slice(0, at);
  const digits = text.slice(at + 1);
  return at > 0 && /^\d{1,5}$/.test(digits) && Number(digits) <= 65_535 ? { host, port: Number(digits) } : null;
}
