/**
 * JSON-RPC messages as Codex speaks them: one JSON object per line, without the `jsonrpc` member.
 * @see https://www.jsonrpc.org/specification
 */

export type RpcId = string | number;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface RpcRequest {
  readonly id: RpcId;
  readonly method: string;
  readonly params: unknown;
}

export interface RpcNotification {
  readonly method: string;
  readonly params: unknown;
  /** When the agent sent it, in milliseconds since the Unix epoch, if it says so. */
  readonly emittedAt: number | null;
}

export type RpcMessage =
  | ({ readonly kind: "request" } & RpcRequest)
  | ({ readonly kind: "notification" } & RpcNotification)
  | { readonly kind: "result"; readonly id: RpcId; readonly result: unknown }
  | { readonly kind: "error"; readonly id: RpcId; readonly error: RpcError }
  /** JSON, but no message. With an id it may have been meant as a request, which has to be answered. */
  | { readonly kind: "malformed"; readonly id: RpcId | null };

/** The agent has too much to do; the same call may be tried again later. */
export const overloadedCode = -32_001;
export const invalidRequestCode = -32_600;
export const methodNotFoundCode = -32_601;
export const internalErrorCode = -32_603;

/** Tells what a parsed message is, believing nothing about its shape. */
export function classifyMessage(value: unknown): RpcMessage {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { kind: "malformed", id: null };
  const members = value as Readonly<Record<string, unknown>>;
  const method = own(members, "method");
  const rawId = own(members, "id");
  const id = isId(rawId) ? rawId : null;
  if (method !== undefined) {
    if (typeof method !== "string") return { kind: "malformed", id };
    const params = own(members, "params");
    if (id !== null) return { kind: "request", id, method, params };
    if (rawId !== undefined) return { kind: "malformed", id: null };
    const emittedAt = own(members, "emittedAtMs");
    return { kind: "notification", method, params, emittedAt: typeof emittedAt === "number" ? emittedAt : null };
  }
  if (id === null) return { kind: "malformed", id: null };
  const error = own(members, "error");
  return error === undefined || error === null
    ? { kind: "result", id, result: own(members, "result") ?? null }
    : { kind: "error", id, error: errorOf(error) };
}

/** An error object of any shape as one of the right shape. */
function errorOf(value: unknown): RpcError {
  const members = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const [code, message, data] = [own(members, "code"), own(members, "message"), own(members, "data")];
  return {
    code: typeof code === "number" ? code : internalErrorCode,
    message: typeof message === "string" ? message : "an error without a message",
    ...(data === undefined ? {} : { data }),
  };
}

function isId(value: unknown): value is RpcId {
  return typeof value === "string" || (typeof value === "number" && Number.isFinite(value));
}

/** The object's own member: `constructor` and the like are no members of a message. */
function own(members: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}
