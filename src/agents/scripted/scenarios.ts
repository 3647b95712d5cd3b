import { faultScenarios } from "./fault-scenarios.ts";
import { cut, wholeNumber } from "./marker-parameters.ts";
import type { Scenario, Scene, Step } from "./scenario.ts";
import { scriptedLimits } from "./scripted-limits.ts";
import { tour } from "./tour-scenario.ts";
import { outcomeOf } from "./tool-outcome.ts";

const quote = (text: string): string => cut(text, scriptedLimits.quotedCharacters);

function say(text: string): Step {
  return { kind: "message", text, chunkCharacters: 24 };
}

const answer: Scenario = {
  name: "answer",
  summary: "answers at once, with what you wrote",
  steps: ({ text }) => [
    say(
      `This is the scripted agent: the real Codex, with a small model that comes with Keelson. You wrote: “${quote(text)}”. ` +
        "Write `scenario:tour` to see what a turn looks like, or `scenario:help` for everything I can play.",
    ),
  ],
};

const approval: Scenario = {
  name: "approval",
  summary: "runs a harmless command and says what it printed; `?escalate=QUESTION` asks to run it outside the sandbox",
  steps: (scene) => [
    say("I would like to know what day it is here."),
    command("date -u +%Y-%m-%d", scene),
    say(commentOn(scene, (output) => `The command says it is ${output}.`)),
  ],
};

const run: Scenario = {
  name: "run",
  summary:
    "runs any command: `?cmd=URL-ENCODED`, several one after the other; `&escalate=QUESTION` asks to leave the sandbox",
  steps: (scene) => [
    ...scene.parameters
      .getAll("cmd")
      .slice(0, scriptedLimits.commands)
      .map((cmd) => command(cmd, scene)),
    say(commentOn(scene, (output) => `The last command printed:\n\n\`\`\`\n${output}\n\`\`\``)),
  ],
};

const outside: Scenario = {
  name: "outside",
  summary:
    "tries to write the file `?path=URL-ENCODED`, wherever that is; `&escalate=QUESTION` asks to leave the sandbox",
  steps: (scene) => [
    command(`printf 'outside\\n' > ${shellQuote(scene.parameters.get("path") ?? "/keelson-outside")}`, scene),
    say(commentOn(scene, () => "The file is written.")),
  ],
};

const edit: Scenario = {
  name: "edit",
  summary: "creates a small file and changes it; `?file=NAME` for another name, `?path=` for one outside the project",
  steps: ({ parameters, toolOutputs }) => {
    const path = parameters.get("path") ?? parameters.get("file") ?? "keelson-note.txt";
    return [
      say(`I will write a note to ${path} and then correct it.`),
      { kind: "edit", path, change: { kind: "add", lines: ["A note.", "Written by the scripted agent."] } },
      { kind: "edit", path, change: { kind: "update", remove: ["A note."], add: ["A better note."] } },
      say(
        toolOutputs.every((output) => outcomeOf(output).kind === "done")
          ? `Done: ${path} holds a better note.`
          : `The note is not as I wanted it: ${quote(toolOutputs.at(-1) ?? "")}`,
      ),
    ];
  },
};

const plan: Scenario = {
  name: "plan",
  summary: "thinks, makes a plan and keeps it up to date",
  steps: () => [
    { kind: "reasoning", text: "**Making a plan**\n\nThree small steps will do." },
    { kind: "plan", explanation: "The way there", steps: planEntries(0) },
    { kind: "plan", explanation: "One done", steps: planEntries(1) },
    { kind: "plan", explanation: "All done", steps: planEntries(3) },
    say("The plan is carried out."),
  ],
};

const stream: Scenario = {
  name: "stream",
  summary: "streams numbers for long: `?chunks=N&interval=MILLISECONDS&size=CHARACTERS`",
  steps: ({ parameters }) => {
    const size = Math.max(
      2,
      wholeNumber(parameters, "size", { fallback: 8, maximum: scriptedLimits.streamChunkCharacters }),
    );
    const most = Math.min(scriptedLimits.streamChunks, Math.floor(scriptedLimits.streamCharacters / size));
    const chunks = wholeNumber(parameters, "chunks", { fallback: 200, maximum: most });
    return [
      {
        kind: "message",
        text: Array.from({ length: chunks }, (_, number) => numberedChunk(number, size)).join(""),
        chunkCharacters: size,
        intervalMilliseconds: wholeNumber(parameters, "interval", {
          fallback: 20,
          maximum: scriptedLimits.intervalMilliseconds,
        }),
      },
    ];
  },
};

const recall: Scenario = {
  name: "recall",
  summary: "answers with all your earlier messages, which shows that the context is there",
  steps: ({ earlierTexts }) => [
    say(
      earlierTexts.length === 0
        ? "I remember no earlier message."
        : `I remember ${earlierTexts.length} earlier:\n${earlierTexts.map((text) => `- ${text}`).join("\n")}`,
    ),
  ],
};

const usage: Scenario = {
  name: "usage",
  summary: "says it has cost `?input=N&cached=N&output=N&reasoning=N` tokens",
  steps: ({ parameters }) => {
    const tokens = (name: string, fallback: number): number =>
      wholeNumber(parameters, name, { fallback, maximum: Number.MAX_SAFE_INTEGER });
    return [
      say("That was expensive."),
      {
        kind: "usage",
        usage: {
          inputTokens: tokens("input", 12_000),
          cachedInputTokens: tokens("cached", 8_000),
          outputTokens: tokens("output", 900),
          reasoningTokens: tokens("reasoning", 300),
        },
      },
    ];
  },
};

const playable: readonly Scenario[] = [
  answer,
  tour,
  approval,
  run,
  outside,
  edit,
  plan,
  stream,
  recall,
  usage,
  ...faultScenarios,
];

const help: Scenario = {
  name: "help",
  summary: "lists the scenarios",
  steps: () => [
    say(`I can play these:\n\n${playable.map(({ name, summary }) => `- \`scenario:${name}\`: ${summary}`).join("\n")}`),
  ],
};

/** The scenarios that come with Keelson; the first one answers a message that names none. */
export const shippedScenarios: readonly Scenario[] = [...playable, help];

function command(cmd: string, { parameters }: Scene): Step {
  const escalate = parameters.get("escalate");
  return escalate === null ? { kind: "command", cmd } : { kind: "command", cmd, escalate };
}

/** What to say after the last command, or the last of several. */
function commentOn({ toolOutputs }: Scene, onSuccess: (output: string) => string): string {
  const outcome = outcomeOf(toolOutputs.at(-1) ?? "");
  switch (outcome.kind) {
    case "refused":
      return `You said no, so it did not run. (${quote(outcome.text)})`;
    case "failed":
      return `It did not work, exit code ${outcome.exitCode}: ${quote(outcome.text)}`;
    case "done":
      return onSuccess(quote(outcome.text));
  }
}

function planEntries(done: number) {
  return ["Look around", "Do it", "Tell what was done"].map((step, index) => {
    if (index < done) return { step, status: "completed" as const };
    return { step, status: index === done ? ("in_progress" as const) : ("pending" as const) };
  });
}

/** A chunk of a known length with its number, so that a lost one is noticed. */
function numberedChunk(number: number, size: number): string {
  return `${String(number)
    .padStart(size - 1, "0")
    .slice(1 - size)} `;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
