import { assert } from "../../base/result.ts";

/**
 * What the scripted model does, as data. A scenario is a list of steps; each request of the agent plays the steps from
 * after the last tool it was given the result of up to the next tool.
 */
export type Step =
  | {
      readonly kind: "message";
      readonly text: string;
      /** Length of one delta; the whole text in one if absent. */
      readonly chunkCharacters?: number;
      readonly intervalMilliseconds?: number;
    }
  | { readonly kind: "reasoning"; readonly text: string }
  | ToolStep
  /** What the response says it has cost; estimated if absent. */
  | { readonly kind: "usage"; readonly usage: TokenUsage }
  | Refusal
  | Breakdown;

/** A step after which the model waits for a result. */
export type ToolStep =
  /** `escalate` is the question with which the command asks to run outside the sandbox. */
  | { readonly kind: "command"; readonly cmd: string; readonly escalate?: string }
  | { readonly kind: "edit"; readonly path: string; readonly change: FileChange }
  | { readonly kind: "plan"; readonly explanation: string; readonly steps: readonly PlanEntry[] };

/** Refuses a request instead of answering it; with `times`, only so many tries of it. Comes first in its response. */
export interface Refusal {
  readonly kind: "httpError";
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly times?: number;
}

/** Ends a response badly; with `times`, only for so many tries of the same request. */
export type Breakdown =
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly times?: number }
  /** Drops the connection in the middle of a message. */
  | { readonly kind: "cut"; readonly text: string; readonly times?: number }
  /** Says the beginning of a message and then nothing until the connection ends. */
  | { readonly kind: "hang"; readonly text: string; readonly times?: number };

export type FileChange =
  | { readonly kind: "add"; readonly lines: readonly string[] }
  | { readonly kind: "update"; readonly remove: readonly string[]; readonly add: readonly string[] }
  | { readonly kind: "delete" };

export interface PlanEntry {
  readonly step: string;
  readonly status: "pending" | "in_progress" | "completed";
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** What a scenario knows when it lists its steps. It must list the same steps each time; only texts may differ. */
export interface Scene {
  /** The last message of the user. */
  readonly text: string;
  /** The user's messages before it, oldest first. */
  readonly earlierTexts: readonly string[];
  /** Results of the tools since the last message, oldest first. */
  readonly toolOutputs: readonly string[];
  /** What followed the scenario's name: `scenario:NAME?key=value&…`. */
  readonly parameters: URLSearchParams;
  /** Wall-clock time in milliseconds since the Unix epoch. */
  readonly now: number;
}

export interface Scenario {
  readonly name: string;
  /** What it does, for lists. */
  readonly summary: string;
  readonly steps: (scene: Scene) => readonly Step[];
}

/** A step of a response that does not end it. */
export type PlainStep = Exclude<Step, Refusal | Breakdown>;

/** One response of the model. */
export type ResponseScript =
  | Refusal
  | {
      readonly kind: "stream";
      /** What is said and called, in order. */
      readonly steps: readonly PlainStep[];
      /** How it ends if not well. */
      readonly breakdown: Breakdown | undefined;
    };

const marker = /(?<![\w-])scenario:(?<name>[a-z][a-z-]*)(?:\?(?<query>\S*))?/u;

/** The scenario that a message asks for with `scenario:NAME?key=value`; undefined if it asks for none. */
export function findMarker(text: string): { name: string; parameters: URLSearchParams } | undefined {
  const groups = marker.exec(text)?.groups;
  if (groups === undefined) return undefined;
  return { name: groups["name"] ?? "", parameters: new URLSearchParams(groups["query"] ?? "") };
}

/**
 * The next response of a scenario. When its steps are used up there is nothing left to say.
 * @param position how many results of tools the agent has sent since the user's last message
 * @param tries how many times the very same request came before
 */
export function nextResponse(steps: readonly Step[], position: number, tries: number): ResponseScript {
  let toolsPassed = 0;
  const said: PlainStep[] = [];
  for (const step of steps) {
    if (toolsPassed < position) {
      if (isTool(step)) toolsPassed += 1;
    } else if (step.kind === "httpError") {
      assert(said.length === 0, "a refusal comes first in its response");
      if (tries < (step.times ?? Infinity)) return step;
    } else if (isBreakdown(step)) {
      if (tries < (step.times ?? Infinity)) return { kind: "stream", steps: said, breakdown: step };
    } else {
      said.push(step);
      if (isTool(step)) break;
    }
  }
  return { kind: "stream", steps: said, breakdown: undefined };
}

function isTool(step: Step): step is ToolStep {
  return step.kind === "command" || step.kind === "edit" || step.kind === "plan";
}

function isBreakdown(step: Step): step is Breakdown {
  return step.kind === "failed" || step.kind === "cut" || step.kind === "hang";
}
