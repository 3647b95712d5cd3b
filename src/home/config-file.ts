import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { limits } from "../base/limits.ts";
import { failure, messageOf, type Result, success } from "../base/result.ts";
import { type Config, configSchema } from "../contracts/config.ts";

/**
 * Reads `system/config.json`. A missing file stands for the defaults; one that cannot be understood is never changed.
 * Errors: `config.invalid` with the file and the position or the key.
 */
export function readConfig(file: string): Result<Config> {
  const content = readBounded(file);
  if (!content.ok) return content;
  if (content.value === undefined) return success(configSchema.parse({}));
  let json: unknown;
  try {
    json = JSON.parse(content.value.replace(/^\uFEFF/, ""));
  } catch (error) {
    return invalid(file, `it is not JSON: ${messageOf(error)}`, positionOf(error, content.value), error);
  }
  const parsed = configSchema.safeParse(json);
  if (parsed.success) return success(parsed.data);
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String).join(".") ?? "";
  return invalid(file, `${path === "" ? "" : `${path}: `}${issue?.message ?? "it does not fit"}`, { path });
}

/** Undefined for a file that is not there. */
function readBounded(file: string): Result<string | undefined> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    if (fstatSync(descriptor).size > limits.configBytes) {
      return invalid(file, `it is larger than ${limits.configBytes} bytes`, {});
    }
    return success(readFileSync(descriptor, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return success(undefined);
    return invalid(file, messageOf(error), {}, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** JSON.parse tells where it gave up in its message, as an offset or not at all. */
function positionOf(error: unknown, content: string): { readonly line?: number; readonly column?: number } {
  const offset = /at position (\d+)/.exec(messageOf(error))?.[1];
  const end = offset === undefined ? content.length : Number(offset);
  const before = content.slice(0, end).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function invalid(
  file: string,
  reason: string,
  fields: Readonly<Record<string, string | number>>,
  cause?: unknown,
): Result<never> {
  return failure("config.invalid", `The configuration ${file} cannot be used: ${reason}.`, {
    next: "Correct the file, or move it away to go on with the defaults. Keelson has not changed it.",
    fields: { file, ...fields },
    cause,
  });
}
