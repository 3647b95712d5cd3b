import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { stream } from "hono/streaming";
import { limits } from "../base/limits.ts";
import { messageOf } from "../base/result.ts";
import { approvalAnswerRequest, type FailureBody, interruptRequest, turnRequest } from "../contracts/api.ts";
import type { Workstation } from "../engine/workstation.ts";
import type { App, AppVariables } from "./app.ts";
import { checkAddress, type Gatekeeper, guardedParts, guardRequest, type Refusal } from "./guard.ts";
import { answer, parseBody, parseCount } from "./request-parts.ts";
import { dataHeaders } from "./response-headers.ts";
import { addSessionRoutes } from "./session-routes.ts";
import { type PageSource, readThreadPage } from "./thread-page.ts";
import { addWebRoutes } from "./web-routes.ts";

export interface DaemonAppOptions {
  readonly workstation: Workstation;
  readonly pages: PageSource;
  readonly version: string;
  /** Asked for each request, because the port is known only after listening when the system chose it. */
  readonly gatekeeper: () => Gatekeeper;
  /** The folder of the built workstation. */
  readonly webFolder: string;
  /** Ends the daemon, gracefully; called once the answer is on its way. */
  readonly stop: () => void;
}

/** What only tools may ask for: a page could otherwise work past the trust that a project has. */
const toolRoutes: ReadonlySet<string> = new Set(["/api/turns", "/api/stop", "/api/codes"]);

/**
 * The daemon's HTTP face. Every request is checked for Host and Origin; everything below /api but health and the
 * exchange of a code needs credentials.
 */
export function daemonApp(options: DaemonAppOptions): App {
  const app: App = new Hono<AppVariables>();
  addGuard(app, options.gatekeeper);
  app.use("/api/session", bodyLimit({ maxSize: limits.sessionBodyBytes, onError: () => tooLarge() }));
  app.use(bodyLimit({ maxSize: limits.httpBodyBytes, onError: () => tooLarge() }));
  app.notFound((context) => context.json({ code: "http.not-found", message: "There is nothing here." }, 404));
  app.onError((thrown) => errorResponse(thrown));
  app.get("/api/health", (context) => context.json({ status: "ok", version: options.version }));
  addSessionRoutes(app, options.gatekeeper);
  addThreadRoutes(app, options);
  addTurnRoute(app, options);
  app.post("/api/stop", (context) => {
    options.stop();
    return context.json({ stopping: true });
  });
  addWebRoutes(app, options.webFolder);
  return app;
}

function addGuard(app: App, gatekeeper: () => Gatekeeper): void {
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(dataHeaders)) context.header(name, value);
    const { method, path } = context.req;
    const request = guardedParts(method, (name) => context.req.header(name));
    const keeper = gatekeeper();
    if (isOpen(method, path)) {
      const refused = checkAddress(request, keeper.port);
      if (refused !== undefined) return context.json(refusal(refused), 403);
    } else {
      const verdict = guardRequest(request, keeper);
      if (!verdict.allowed) return context.json(refusal(verdict.why), verdict.why === "unauthorized" ? 401 : 403);
      if (verdict.by.kind === "page" && toolRoutes.has(path)) return context.json(toolsOnly, 403);
      context.set("by", verdict.by);
    }
    await next();
    return undefined;
  });
}

/** What needs no credentials: the pages themselves, whether the daemon is there, and the exchange of a code. */
function isOpen(method: string, path: string): boolean {
  if (method === "GET" || method === "HEAD") return path === "/api/health" || !/^\/api(?:\/|$)/iu.test(path);
  return method === "POST" && path === "/api/session";
}

function addThreadRoutes(app: App, { workstation, pages }: DaemonAppOptions): void {
  app.get("/api/runtimes", async () => answer(await workstation.runtimes()));
  app.get("/api/threads", async (context) => answer(await workstation.threads(context.req.query("project"))));
  app.get("/api/threads/:threadId/replay", async (context) => {
    const limit = parseCount("limit", context.req.query("limit"));
    return answer(limit.ok ? await workstation.replay(context.req.param("threadId"), limit.value) : limit);
  });
  app.get("/api/threads/:threadId/events", (context) => {
    const before = parseCount("before", context.req.query("before"));
    if (!before.ok) return answer(before);
    const limit = parseCount("limit", context.req.query("limit"));
    if (!limit.ok) return answer(limit);
    const range = { before: before.value, limit: limit.value };
    return answer(readThreadPage(pages, context.req.param("threadId"), range));
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
}

function addTurnRoute(app: App, { workstation }: DaemonAppOptions): void {
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
}

const toolsOnly: FailureBody = {
  code: "http.tools-only",
  message: "Only tools with the token may ask for this.",
  next: "Use the commands of the WebSocket.",
};

function refusal(why: Refusal): FailureBody {
  if (why === "unauthorized") {
    return {
      code: "http.unauthorized",
      message: "The credentials are missing or wrong.",
      next: "Tools use the token in system/token; a browser gets a new address with: keelson open",
    };
  }
  return { code: `http.${why}`, message: "This daemon answers only its own loopback address." };
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
