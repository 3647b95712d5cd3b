import { limits } from "../base/limits.ts";
import { sessionRequest } from "../contracts/wire.ts";
import type { App } from "./app.ts";
import { failureBodyOf } from "./failure-body.ts";
import { type Gatekeeper, sessionCookieName } from "./guard.ts";
import { answer, parseBody } from "./request-parts.ts";

/** Signing in and out: a code for a cookie and a secret. */
export function addSessionRoutes(app: App, gatekeeper: () => Gatekeeper): void {
  app.post("/api/codes", (context) => context.json({ code: gatekeeper().sessions.mintCode() }));
  app.post("/api/session", async (context) => {
    const body = await parseBody(context.req, sessionRequest);
    if (!body.ok) return answer(body);
    const { port, sessions } = gatekeeper();
    const opened = sessions.open(body.value.code);
    if (!opened.ok) return Response.json(failureBodyOf(opened.error), { status: 401 });
    const seconds = Math.floor(limits.sessionMilliseconds / 1_000);
    context.header("Set-Cookie", cookie(port, opened.value.cookie, seconds));
    return context.json({ secret: opened.value.secret });
  });
  app.get("/api/session", (context) => context.json({ signedIn: true }));
  app.delete("/api/session", (context) => {
    const { port, sessions } = gatekeeper();
    const by = context.get("by");
    if (by.kind === "page") sessions.close(by.session);
    context.header("Set-Cookie", cookie(port, "", 0));
    return context.json({ signedIn: false });
  });
}

/** No `Secure`: loopback has no TLS, and not every browser takes it for secure. */
function cookie(port: number, value: string, seconds: number): string {
  return `${sessionCookieName(port)}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}`;
}
