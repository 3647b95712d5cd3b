import type { App } from "./app.ts";
import { pageHeaders } from "./response-headers.ts";
import { findStaticFile } from "./static-files.ts";

/** The built workstation: its pages, scripts, styles and fonts. */
export function addWebRoutes(app: App, webFolder: string): void {
  app.get("*", async (context) => {
    if (context.req.path.startsWith("/api/")) return context.notFound();
    // The path as it was sent: what the router has decoded could hide what it stands for.
    const { pathname } = new URL(context.req.url);
    const file = await findStaticFile(webFolder, pathname);
    if (file === undefined) return pathname === "/" ? context.text(notBuilt, 404) : context.notFound();
    const headers = pageHeaders(context.req.header("host") ?? "");
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
    context.header("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    context.header("Content-Type", file.mediaType);
    return context.body(file.content);
  });
}

const notBuilt = "The workstation has not been built. In a checkout: npm run build, then reload this page.\n";
