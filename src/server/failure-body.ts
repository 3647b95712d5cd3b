import type { Failure } from "../base/result.ts";
import type { FailureBody } from "../contracts/api.ts";

/** The wire form of a failure: what the receiver may see of it. */
export function failureBodyOf({ code, message, next, fields }: Failure): FailureBody {
  return {
    code,
    message,
    ...(next === undefined ? {} : { next }),
    ...(fields === undefined ? {} : { fields: { ...fields } }),
  };
}
