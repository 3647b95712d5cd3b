/** The outcome of an operation that can fail for reasons outside the program. Programmer errors are thrown instead. */
export type Result<Value, Problem = Failure> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Problem };

/**
 * An operating error as a value.
 * `code` is stable and machine-readable ("ledger.corrupt"); `message` says what happened in a sentence;
 * `next` says what the user can do about it.
 */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly next?: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
  readonly cause?: unknown;
}

export function success<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function failure(
  code: string,
  message: string,
  more: Omit<Failure, "code" | "message"> = {},
): { readonly ok: false; readonly error: Failure } {
  return { ok: false, error: { code, message, ...more } };
}

/** Carries a Failure across an API that can only throw, such as a stream or a constructor. */
export class FailureError extends Error {
  override readonly name = "FailureError";
  readonly failure: Failure;

  constructor(failed: Failure) {
    super(failed.message, { cause: failed.cause });
    this.failure = failed;
  }
}

/** The value of a successful result; throws a FailureError otherwise. */
export function unwrap<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw new FailureError(result.error);
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Marks a state that cannot be reached; reaching it is a programmer error and crashes. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** Asserts an invariant. A broken one is a programmer error and crashes, in production too. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
