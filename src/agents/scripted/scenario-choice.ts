import { assert } from "../../base/result.ts";
import type { Conversation } from "./conversation.ts";
import { findMarker, type Scenario, type Scene, type Step } from "./scenario.ts";

/** A scenario's steps for one conversation. */
export interface ChosenScenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

/**
 * The scenario for a conversation: the one its last user message names, or else the first. A name that nobody knows
 * is answered with those that exist.
 * @param now wall-clock time in milliseconds since the Unix epoch
 */
export function chooseScenario(
  scenarios: readonly Scenario[],
  conversation: Conversation,
  now: number,
): ChosenScenario {
  const [standard] = scenarios;
  assert(standard !== undefined, "the scripted model has at least one scenario");
  const text = conversation.userTexts.at(-1) ?? "";
  const asked = findMarker(text);
  const scenario = asked === undefined ? standard : scenarios.find(({ name }) => name === asked.name);
  const scene: Scene = {
    text,
    earlierTexts: conversation.userTexts.slice(0, -1),
    toolOutputs: conversation.toolOutputs,
    parameters: asked?.parameters ?? new URLSearchParams(),
    now,
  };
  if (scenario === undefined) {
    return { name: "unknown", steps: [{ kind: "message", text: listOfScenarios(asked?.name ?? "", scenarios) }] };
  }
  return { name: scenario.name, steps: scenario.steps(scene) };
}

function listOfScenarios(asked: string, scenarios: readonly Scenario[]): string {
  const list = scenarios.map(({ name, summary }) => `- \`scenario:${name}\`: ${summary}`).join("\n");
  return `I know no scenario “${asked}”. I can play these:\n\n${list}`;
}
