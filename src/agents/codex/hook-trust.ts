import { createHash } from "node:crypto";
import { canonicalJson } from "../../base/canonical-json.ts";
import { failure, type Result, success } from "../../base/result.ts";
import type { HookMetadata } from "./protocol/hook-metadata.ts";
import type { HooksListEntry } from "./protocol/hooks-list-entry.ts";
import type { HooksListResponse } from "./protocol/hooks-list-response.ts";
import { tomlString } from "./toml-string.ts";
import { fieldsOf, listOf, textOf } from "./wire-fields.ts";

/**
 * Our pre-tool hook, set by flags of the process so that no file of the user's is touched, and its trust: Codex runs a
 * hook only if its flags also name the hash of its definition (docs/CODEX_MECHANISMS.md, "Pre-tool hooks").
 */
export interface HookTrust {
  readonly key: string;
  readonly hash: string;
}

/** Codex's own deadline for the hook. When it passes Codex runs the tool, so it never does: ours is the gate's. */
const timeoutSeconds = 2_147_483_647;
const matcher = "*";
const eventName = "pre_tool_use";
/** Our hook is the first of the first group of the session's flags. */
const sessionKey = "/<session-flags>/config.toml:pre_tool_use:0:0";

/**
 * The command that Codex gives to the user's shell. It fails closed: whatever keeps the hook from its verdict, also a
 * missing Node or a kill, ends in the second half, which stops the tool. NODE_OPTIONS could make Node load a file of
 * the project before the hook, outside the sandbox.
 *
 * Errors: `agent.gate` if a path cannot be quoted alike for all shells.
 */
export function hookCommand(node: string, hook: string, socket: string): Result<string> {
  const unquotable = [node, hook, socket].find((path) => /['"\\\n\r]/u.test(path));
  if (unquotable !== undefined) {
    return failure("agent.gate", `The path ${unquotable} has a quote, a backslash or a line break in it.`, {
      next: "Move Keelson, its home or Node to a path without these characters.",
    });
  }
  const words = [node, hook, socket].map((path) => `'${path}'`).join(" ");
  return success(`/usr/bin/env -u NODE_OPTIONS ${words} || /bin/sh -c 'echo "Stopped by Keelson." >&2; exit 2'`);
}

/** The trust that the validated version of Codex computes for the command. */
export function expectedTrust(command: string): HookTrust {
  const definition = {
    event_name: eventName,
    hooks: [{ async: false, command, timeout: timeoutSeconds, type: "command" }],
    matcher,
  };
  const hash = createHash("sha256").update(canonicalJson(definition)).digest("hex");
  return { key: sessionKey, hash: `sha256:${hash}` };
}

/** The arguments of `codex app-server` that set the hook and trust it. */
export function hookArguments(command: string, { key, hash }: HookTrust): readonly string[] {
  const handler = `{type="command",command=${tomlString(command)},timeout=${timeoutSeconds}}`;
  const state = `{${tomlString(key)}={enabled=true,trusted_hash=${tomlString(hash)}}}`;
  return [
    ...["-c", "features.hooks=true"],
    ...["-c", `hooks.PreToolUse=[{matcher=${tomlString(matcher)},hooks=[${handler}]}]`],
    ...["-c", `hooks.state=${state}`],
  ];
}

/** What `hooks/list` says of our hook. */
export type TrustCheck =
  | { readonly state: "trusted" }
  /** Another version of Codex names or hashes hooks differently: with this trust it would run. */
  | { readonly state: "untrusted"; readonly trust: HookTrust }
  | { readonly state: "missing"; readonly why: string };

/** Looks for our hook in the answer to `hooks/list`: it must be there, ours, enabled and trusted, in every folder asked about. */
export function checkTrust(answer: unknown, command: string): TrustCheck {
  const entries = listOf(fieldsOf<HooksListResponse>(answer).data).map((entry) => fieldsOf<HooksListEntry>(entry));
  if (entries.length === 0) return { state: "missing", why: "Codex lists no hooks" };
  for (const entry of entries) {
    const check = checkEntry(
      listOf(entry.hooks).map((hook) => fieldsOf<HookMetadata>(hook)),
      command,
    );
    if (check.state !== "trusted") return check;
  }
  return { state: "trusted" };
}

function checkEntry(hooks: readonly ReturnType<typeof fieldsOf<HookMetadata>>[], command: string): TrustCheck {
  const ours = hooks.find((hook) => {
    return hook.eventName === "preToolUse" && hook.source === "sessionFlags" && hook.command === command;
  });
  if (ours === undefined) return { state: "missing", why: "Codex does not list the hook" };
  if (ours.enabled !== true) return { state: "missing", why: "Codex lists the hook as disabled" };
  if (ours.matcher !== matcher) return { state: "missing", why: "Codex lists the hook for some tools only" };
  if (ours.trustStatus === "trusted" || ours.trustStatus === "managed") return { state: "trusted" };
  const [key, hash] = [textOf(ours.key, ""), textOf(ours.currentHash, "")];
  if (key === "" || hash === "") return { state: "missing", why: "Codex does not trust the hook" };
  return { state: "untrusted", trust: { key, hash } };
}

export function whyNotTrusted(check: TrustCheck): string {
  return check.state === "missing" ? check.why : "Codex does not trust the hook";
}
