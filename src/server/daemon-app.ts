import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { stream } from "hono/streaming";
import type { z } from "zod";
import { limits } from "../base/limits.ts";
import { type Failure, type Result, failure, messageOf, success } from "../base/result.ts";
import { approvalAnswerRequest, type FailureBody, interruptRequest, turnRequest } from "../contracts/api.ts";
import type { Workstation } from "../engine/workstation.ts";
import { type GuardedRequest, guardPublicRequest, guardRequest, type GuardVerdict } from "./guard.ts";

export interface DaemonAppOptions {
  readonly workstation: Workstation;
  readonly version: string;
  readonly token: string;
  /** The port listened on; known only after listening when it was chosen by the system. */
  readonly port: () => number;
  /** Ends the daemon, gracefully; called once the answer is on its way. */
  readonly stop: () => void;
}

/** The daemon's HTTP face. Everything but health needs the token; every request is checked for Host and Origin. */
export function daemonApp(options: DaemonAppOptions): Hono {
  const { workstation, version, token, port } = options;
  const app = new Hono();
  app.use(async (context, next) => {
    context.header("Cache-Control", "no-store");
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    context.header("Referrer-Policy", "no-referrer");
    const isHealth = context.req.path === "/api/health" && context.req.method === "GET";
    const request = guardedParts((name) => context.req.header(name));
    const verdict = isHealth ? guardPublicRequest(request, port()) : guardRequest(request, port(), token);
    if (verdict !== "allowed") return context.json(refusal(verdict), verdict === "unauthorized" ? 401 : 403);
    await next();
    return undefined;
  });
  app.use(bodyLimit({ maxSize: limits.httpBodyBytes, onError: () => tooLarge() }));
  app.notFound((context) => context.json({ code: "http.not-found", message: "There is nothing here." }, 404));
  app.onError((thrown) => errorResponse(thrown));

  app.get("/api/health", (context) => context.json({ status: "ok", version }));
  app.get("/api/runtimes", async () => answer(await workstation.runtimes()));
  app.get("/api/threads", async (context) => answer(await workstation.threads(context.req.query("project"))));
  app.get("/api/threads/:threadId/replay", async (context) => {
    const limit = parseLimit(context.req.query("limit"));
    return answer(limit.ok ? await workstation.replay(context.req.param("threadId"), limit.value) : limit);
  });
  app.post("/api/threads/:threadId/interrupt", async (context) => {
    const body = await parseBody(context.req, interruptRequest);
    return answer(body.ok ? await workstation.interruptTurn(context.req.param("threadId"), body.value.turnId) : body);
  });
  app.post("/api/threads/:threadId/approvals/:approvalId", async (context) => {
    const body = await parseBody(context.req, approvalAnswerRequest);
    if (!body.ok) return answer(body);
    const { threadId, approvalId } = context.req.param();
    return answer(await workstation.answerApproval(threadId, approvalId, body.value.answer, body.value.message));
  });
  app.post("/api/turns", async (context) => {
    const body = await parseBody(context.req, turnRequest);
    const turn = body.ok ? await workstation.runTurn(body.value) : body;
    if (!turn.ok) return answer(turn);
    context.header("Content-Type", "application/x-ndjson");
    return stream(context, async (lines) => {
      const { threadId, turnId, frames } = turn.value;
      await lines.write(`${JSON.stringify({ threadId, turnId })}\n`);
      // When the reader goes away the turn goes on: it is the ledger's, not the connection's.
      for await (const frame of frames) {
        if (lines.aborted) return;
        await lines.write(`${JSON.stringify(frame)}\n`);
      }
    });
  });
  app.post("/api/stop", (context) => {
    options.stop();
    return context.json({ stopping: true });
  });
  return app;
}

function guardedParts(header: (name: string) => string | undefined): GuardedRequest {
  return { host: header("host"), origin: header("origin"), authorization: header("authorization") };
}

function refusal(verdict: Exclude<GuardVerdict, "allowed">): FailureBody {
  if (verdict === "unauthorized") {
    return {
      code: "http.unauthorized",
      message: "The token is missing or wrong.",
      next: "Use the one in system/token.",
    };
  }
  return { code: `http.${verdict}`, message: "This daemon answers only its own loopback address." };
}

function answer(result: Result<unknown>): Response {
  return result.ok ? Response.json(result.value ?? null) : Response.json(toFailureBody(result.error), { status: 422 });
}

function toFailureBody({ code, message, next, fields }: Failure): FailureBody {
  return { code, message, ...(next === undefined ? {} : { next }), ...(fields === undefined ? {} : { fields }) };
}

function tooLarge(): Response {
  const body = { code: "http.too-large", message: `A request may have at most ${limits.httpBodyBytes} bytes.` };
  return Response.json(body, { status: 413 });
}

function errorResponse(thrown: Error): Response {
  if (thrown instanceof HTTPException) return thrown.getResponse();
  return Response.json(
    { code: "internal", message: `Keelson has a defect here: ${messageOf(thrown)}` },
    { status: 500 },
  );
}

async function parseBody<Schema extends z.ZodType>(
  request: { json(): Promise<unknown> },
  schema: Schema,
): Promise<Result<z.output<Schema>>> {
  const body: unknown = await request.json().catch(() => undefined);
  const parsed = schema.safeParse(body);
  if (parsed.success) return success(parsed.data);
  const issue = parsed.error.issues[0];
  return failure("http.bad-request", `${issue?.path.join(".") ?? "body"}: ${issue?.message ?? "not valid JSON"}`);
}

function parseLimit(text: string | undefined): Result<number | undefined> {
  if (text === undefined) return success(undefined);
  const limit = Number(text);
  return Number.isSafeInteger(limit) && limit > 0
    ? success(limit)
    : failure("http.bad-request", "limit must be a whole number above zero");
}
