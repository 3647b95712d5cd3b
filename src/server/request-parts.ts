import type { z } from "zod";
import { failure, type Result, success } from "../base/result.ts";
import { failureBodyOf } from "./failure-body.ts";

/** The answer to a request: the value, or why there is none, with status 422. */
export function answer(result: Result<unknown>): Response {
  return result.ok ? Response.json(result.value ?? null) : Response.json(failureBodyOf(result.error), { status: 422 });
}

/** Errors: `http.bad-request`. */
export async function parseBody<Schema extends z.ZodType>(
  request: { json(): Promise<unknown> },
  schema: Schema,
): Promise<Result<z.output<Schema>>> {
  const body: unknown = await request.json().catch(() => undefined);
  const parsed = schema.safeParse(body);
  if (parsed.success) return success(parsed.data);
  const issue = parsed.error.issues[0];
  return failure("http.bad-request", `${issue?.path.join(".") ?? "body"}: ${issue?.message ?? "not valid JSON"}`);
}

/** A count in a query; undefined when it is not given. Errors: `http.bad-request`. */
export function parseCount(name: string, text: string | undefined): Result<number | undefined> {
  if (text === undefined) return success(undefined);
  const count = Number(text);
  return Number.isSafeInteger(count) && count > 0
    ? success(count)
    : failure("http.bad-request", `${name} must be a whole number above zero`);
}
