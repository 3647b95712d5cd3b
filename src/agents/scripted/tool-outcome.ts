/** What became of a tool, read from the text that Codex tells the model. */
export type ToolOutcome =
  | { readonly kind: "done"; readonly text: string }
  | { readonly kind: "failed"; readonly exitCode: number; readonly text: string }
  /** It did not run: a person or a policy said no. */
  | { readonly kind: "refused"; readonly text: string };

const refusals =
  /blocked by PreToolUse hook|rejected by user|patch rejected|aborted by user|reject command|^unsupported call/iu;

/** Reads one result. One without an exit code that is no refusal, such as a plan's, is done. */
export function outcomeOf(output: string): ToolOutcome {
  const exitCode = /^(?:Process exited with code|Exit code:) (-?\d+)$/mu.exec(output)?.[1];
  if (exitCode === undefined) return { kind: refusals.test(output) ? "refused" : "done", text: output.trim() };
  const text = (/^Output:\n([\s\S]*)$/mu.exec(output)?.[1] ?? output).trim();
  return exitCode === "0" ? { kind: "done", text } : { kind: "failed", exitCode: Number(exitCode), text };
}
