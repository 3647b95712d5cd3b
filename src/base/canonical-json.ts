/** JSON as far as the ledger is concerned: `undefined` members are left out, everything else must be plain data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * Serialises with sorted keys and without spaces, so that equal data gives equal bytes (in the spirit of RFC 8785).
 * Lone surrogates are written as \uXXXX escapes, as JSON.stringify does: as UTF-8 they would all collapse into
 * U+FFFD and different texts would hash alike.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  let text = "";
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
