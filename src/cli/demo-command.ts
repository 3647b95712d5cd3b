import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CliContext } from "./context.ts";
import { runExec } from "./exec-command.ts";
import type { ExitCode } from "./exit-codes.ts";
import { paint, writeLine } from "./terminal.ts";

const demoFile = `# Shopping list

- apples
- bread
`;

/**
 * `keelson demo`: a real turn without an account. The agent is the real Codex; its model is a server that comes with
 * Keelson and plays a small scenario. It works in a project of its own, made afresh each time.
 */
export async function runDemo(context: CliContext, options: { approve: string }): Promise<ExitCode> {
  const { err } = context.terminal;
  const project = join(context.home, "projects", "demo", "checkout");
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "list.md"), demoFile);
  // Where nobody can be asked, the demo goes on by itself, inside the sandbox.
  const approve = options.approve === "ask" && !context.terminal.in.isTTY ? "auto" : options.approve;
  writeLine(err, paint(err, "bold", "Keelson demo"));
  writeLine(err, paint(err, "dim", `  the real Codex, a scripted model, no account · project ${project}`));
  const prompt = "scenario:tour Show me what you can do in this project.";
  const exitCode = await runExec(context, prompt, { agent: "scripted", project, approve, sandbox: "workspace-write" });
  writeLine(err);
  writeLine(err, "Next:");
  writeLine(err, `  keelson threads                     ${paint(err, "dim", "this turn is in the ledger")}`);
  writeLine(err, `  keelson ledger verify               ${paint(err, "dim", "and the ledger is whole")}`);
  writeLine(
    err,
    `  keelson exec "…" --approve ask      ${paint(err, "dim", "your own Codex, in the current directory")}`,
  );
  return exitCode;
}
