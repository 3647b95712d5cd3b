/** A whole number of a marker within bounds; the fallback if it is missing or no number. */
export function wholeNumber(
  parameters: URLSearchParams,
  name: string,
  { fallback, maximum }: { readonly fallback: number; readonly maximum: number },
): number {
  const text = parameters.get(name);
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) ? Math.min(maximum, Math.max(0, Math.trunc(value))) : fallback;
}

/** The limit on how often something happens; none if the marker does not say. */
export function timesOf(parameters: URLSearchParams): { readonly times?: number } {
  if (!parameters.has("times")) return {};
  return { times: wholeNumber(parameters, "times", { fallback: 0, maximum: Number.MAX_SAFE_INTEGER }) };
}

/** The beginning of a text, so that an answer that repeats it stays short. */
export function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}…`;
}
