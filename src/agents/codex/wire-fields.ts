/**
 * Reading what came over the wire. The generated protocol types say which fields there are; nothing says that a
 * message keeps to them. So a value is read as `Untrusted`: its field names are checked by the compiler, its field
 * values are unknown until one of the readers below has looked at them.
 */
export type Untrusted<Shape> = Partial<Readonly<Record<FieldNames<Shape>, unknown>>>;

/** The fields of every member of a union, not only those they share. */
type FieldNames<Shape> = Shape extends unknown ? keyof Shape : never;

const nothing: Readonly<Record<string, unknown>> = Object.freeze({});

/** The fields of a value that claims to be a `Shape`; none if it is no object. */
export function fieldsOf<Shape extends object>(value: unknown): Untrusted<Shape> {
  return (isRecord(value) ? value : nothing) as Untrusted<Shape>;
}

/** The text, or the fallback if the value is none. */
export function textOf<Fallback>(value: unknown, fallback: Fallback): string | Fallback {
  return typeof value === "string" ? value : fallback;
}

/** The finite number, or the fallback if the value is none. */
export function numberOf<Fallback>(value: unknown, fallback: Fallback): number | Fallback {
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}

/** The number as a count: whole and not negative, or 0. */
export function countOf(value: unknown): number {
  return Math.max(0, Math.trunc(numberOf(value, 0)));
}

/** The list, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The texts of a list; what is no text is left out. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((entry) => typeof entry === "string");
}

/** A protocol value for people: text as it is, everything else as JSON, nothing as an empty text. */
export function displayOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
