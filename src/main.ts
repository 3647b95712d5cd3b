import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// Compiled code is kept between runs, which halves the time to the first line of output. The folder is the user's own:
// in a shared one somebody else could leave code for us to run.
enableCompileCache(join(homedir(), ".cache", "keelson"));
await import("./composition.ts");
