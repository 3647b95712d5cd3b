import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeds } from "../../../test/support/seeds.ts";
import { chooseScenario } from "./scenario-choice.ts";
import type { Step } from "./scenario.ts";
import { shippedScenarios } from "./scenarios.ts";

const now = Date.UTC(2026, 0, 1);

function stepsFor(text: string, toolOutputs: readonly string[] = [], earlier: readonly string[] = []) {
  return chooseScenario(shippedScenarios, { userTexts: [...earlier, text], toolOutputs, key: "key" }, now);
}

function lastText(steps: readonly Step[]): string {
  const said = steps.findLast((step) => step.kind === "message");
  return said?.text ?? "";
}

const success = (output: string): string => `Process exited with code 0\nOutput:\n${output}\n`;
const refusal = "Command blocked by PreToolUse hook: no. Command: x";

describe("the choice of a scenario", () => {
  it("falls on an answer when the message names none, or when there is no message", () => {
    expect(stepsFor("hello").name).toBe("answer");
    expect(lastText(stepsFor("hello").steps)).toContain("“hello”");
    expect(chooseScenario(shippedScenarios, { userTexts: [], toolOutputs: [], key: "key" }, now).name).toBe("answer");
  });

  it("goes by the last message only", () => {
    expect(stepsFor("go on", [], ["scenario:tour"]).name).toBe("answer");
  });

  it("answers an unknown name with those that exist", () => {
    const { name, steps } = stepsFor("scenario:nonsense");
    expect(name).toBe("unknown");
    for (const scenario of shippedScenarios) expect(lastText(steps)).toContain(`scenario:${scenario.name}`);
  });
});

describe("every scenario that comes with Keelson", () => {
  it("has a name of its own and a summary", () => {
    const names = shippedScenarios.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { summary } of shippedScenarios) expect(summary).not.toBe("");
  });

  it("lists the same steps whatever its tools have answered, so that a position means the same each time", () => {
    const outputs = fc.array(fc.oneof(fc.string(), fc.constantFrom(success("x"), refusal, "Exit code: 1\nOutput:\n")));
    const query = fc.constantFrom("", "?cmd=a&cmd=b", "?path=x", "?file=y&escalate=Q", "?chunks=5&size=3", "?times=2");
    const scenario = fc.constantFrom(...shippedScenarios.map(({ name }) => name));
    const kinds = (steps: readonly Step[]): string[] => steps.map(({ kind }) => kind);
    for (const seed of seeds(1)) {
      fc.assert(
        fc.property(scenario, query, outputs, (name, parameters, results) => {
          const text = `scenario:${name}${parameters}`;
          expect(kinds(stepsFor(text, results).steps)).toEqual(kinds(stepsFor(text).steps));
        }),
        { seed },
      );
    }
  });
});

describe("the scenarios", () => {
  it("run any command, several in a row, and outside the sandbox if asked to", () => {
    const { steps } = stepsFor("scenario:run?cmd=echo%20a&cmd=echo%20b&escalate=May%20I%3F");
    expect(steps.slice(0, 2)).toEqual([
      { kind: "command", cmd: "echo a", escalate: "May I?" },
      { kind: "command", cmd: "echo b", escalate: "May I?" },
    ]);
  });

  it("write to a path that holds quotes and spaces", () => {
    const path = "/somewhere/it's here";
    const { steps } = stepsFor(`scenario:outside?path=${encodeURIComponent(path)}`);
    expect(steps[0]).toEqual({ kind: "command", cmd: String.raw`printf 'outside\n' > '/somewhere/it'\''s here'` });
  });

  it.each([
    [success("2026-01-01"), "The command says it is 2026-01-01."],
    [refusal, "You said no, so it did not run."],
    ["Process exited with code 2\nOutput:\nno clock\n", "It did not work, exit code 2: no clock"],
  ])("comment on a command that ended with %j", (output, comment) => {
    expect(lastText(stepsFor("scenario:approval", [output]).steps)).toContain(comment);
  });

  it("sum up the tour by what happened in it", () => {
    const good = stepsFor("scenario:tour", [success("a\nb"), "Exit code: 0\nOutput:\nSuccess."]).steps;
    const bad = stepsFor("scenario:tour", [refusal, "patch rejected by user"]).steps;
    expect(JSON.stringify(good)).toContain("I see 2 entries here.");
    expect(lastText(good)).toContain("The file is written");
    expect(JSON.stringify(bad)).toContain("You said no, so the command did not run.");
    expect(lastText(bad)).toContain("The file was not written.");
  });

  it("stream numbered chunks of the same length, within bounds", () => {
    const [step] = stepsFor("scenario:stream?chunks=3&interval=5&size=6").steps;
    expect(step).toEqual({
      kind: "message",
      text: "00000 00001 00002 ",
      chunkCharacters: 6,
      intervalMilliseconds: 5,
    });
    const [huge] = stepsFor("scenario:stream?chunks=1e12&interval=1e12&size=60000").steps;
    expect(huge?.kind === "message" && huge.text.length).toBeLessThanOrEqual(64 * 1024 * 1024);
    expect(huge).toMatchObject({ intervalMilliseconds: 60_000 });
    expect(stepsFor("scenario:stream?chunks=many&size=-1").steps).toMatchObject([{ chunkCharacters: 2 }]);
  });

  it("recall what the user said before", () => {
    expect(lastText(stepsFor("scenario:recall").steps)).toBe("I remember no earlier message.");
    expect(lastText(stepsFor("scenario:recall", [], ["a", "b c"]).steps)).toBe("I remember 2 earlier:\n- a\n- b c");
  });

  it("reach the usage limit with a time at which it ends", () => {
    const [step] = stepsFor("scenario:rate-limit?resets=90").steps;
    const resetsAt = now / 1_000 + 90;
    expect(step).toMatchObject({
      kind: "httpError",
      status: 429,
      body: { error: { type: "usage_limit_reached", resets_at: resetsAt, resets_in_seconds: 90 } },
      headers: { "x-codex-primary-used-percent": "100", "x-codex-primary-reset-at": String(resetsAt) },
    });
  });

  it("fail with a status or a code, for so many tries", () => {
    expect(stepsFor("scenario:failure").steps[0]).toMatchObject({ kind: "httpError", status: 500 });
    expect(stepsFor("scenario:failure?status=200").steps[0]).toMatchObject({ status: 400 });
    expect(stepsFor("scenario:failure?code=context_length_exceeded&times=2").steps[0]).toMatchObject({
      kind: "failed",
      code: "context_length_exceeded",
      times: 2,
    });
  });
});
