import type { Scenario, Step } from "./scenario.ts";
import { outcomeOf } from "./tool-outcome.ts";

const file = "keelson-tour.md";

const fileLines = [
  "# A file the agent wrote",
  "",
  "The scripted agent made this file to show what an edit looks like. Nothing needs it: delete it whenever you like.",
];

/** What the demo shows: a whole turn with a plan, a command that asks first, an edit, and a summary. */
export const tour: Scenario = {
  name: "tour",
  summary: "the demo: explains, runs a command that needs your approval, writes a file and sums up",
  steps: ({ toolOutputs }) => [
    { kind: "reasoning", text: "**Preparing the tour**\n\nOne command and one small file show all there is to see." },
    speak(
      "Welcome aboard. I am the scripted agent: the real Codex at work, with a small model that comes with Keelson, so " +
        "nothing leaves this machine and no account is needed.\n\n" +
        "First I will look at this folder. Keelson asks you before the command runs; it runs in the sandbox.",
    ),
    { kind: "command", cmd: "ls | head -n 100" },
    speak(`${commandComment(toolOutputs[0])}\n\nNow I will write a small file, ${file}.`),
    { kind: "edit", path: file, change: { kind: "add", lines: fileLines } },
    speak(`${editComment(toolOutputs[1])}\n\n${closing}`),
  ],
};

const closing =
  "That was a whole turn: text, a command, an approval and an edit. It is all in the ledger by now. You can kill Keelson at " +
  "any moment and start it again: this thread will be here, and it will say truthfully how far it came.";

function speak(text: string): Step {
  return { kind: "message", text, chunkCharacters: 12, intervalMilliseconds: 12 };
}

function commandComment(output = ""): string {
  const outcome = outcomeOf(output);
  switch (outcome.kind) {
    case "refused":
      return "You said no, so the command did not run. That is fine: nothing happens here without you.";
    case "failed":
      return `The command ended with exit code ${outcome.exitCode}. I will go on all the same.`;
    case "done":
      return `I see ${entries(outcome.text)} here.`;
  }
}

function entries(listing: string): string {
  const count = listing.split("\n").filter((line) => line !== "").length;
  if (count === 0) return "an empty folder";
  return count === 1 ? "one entry" : `${count} entries`;
}

function editComment(output = ""): string {
  return outcomeOf(output).kind === "done"
    ? `The file is written; the card above shows its lines. Delete ${file} whenever you like.`
    : "The file was not written.";
}
