import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isIgnoredNotification } from "./ignored-notifications.ts";
import {
  everyNotificationIsConsidered,
  type TranslationContext,
  translateNotification,
} from "./translate-notification.ts";

const context: TranslationContext = { activeTurnId: () => undefined, resetsAt: 1_790_000_000_000 };

interface Recorded {
  readonly id?: number;
  readonly method: string;
  readonly params: unknown;
}

/** What the real Codex wrote, one of each kind (recorded with 0.169.0, paths and ids replaced). */
const recorded = readFileSync(join(import.meta.dirname, "../../../test/fixtures/codex/messages.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded)
  .filter(({ id }) => id === undefined);

test("every recorded message has its translation, or is ignored on purpose", () => {
  const translated = recorded.map(({ method, params }) => {
    const translation = translateNotification(method, params, context);
    return { method, translation: translation ?? (isIgnoredNotification(method) ? "ignored" : "unknown") };
  });
  expect(translated).toMatchSnapshot();
});

test("every notification of the protocol is translated, or ignored on purpose", () => {
  // The compiler decides this; the value is true or nothing.
  expect(everyNotificationIsConsidered).toBe(true);
});

describe("a message that is not as it should be", () => {
  test("is never more than malformed, whatever is in it", () => {
    const methods = [...new Set(recorded.map(({ method }) => method))];
    fc.assert(
      fc.property(fc.constantFrom(...methods), fc.anything(), (method, params) => {
        return translateNotification(method, params, context)?.kind !== "event";
      }),
    );
  });

  test("may have any of its fields broken", () => {
    const breakage = fc.anything({ withNullPrototype: true });
    fc.assert(
      fc.property(fc.constantFrom(...recorded), fc.nat(), breakage, ({ method, params }, place, value) => {
        translateNotification(method, breakField(params, place, value), context);
      }),
      { numRuns: 2_000 },
    );
  });

  test("without its turn's id counts for the turn that runs", () => {
    const params = { threadId: "thread", turn: { status: "completed" } };
    const running = { ...context, activeTurnId: () => "running" };
    expect(translateNotification("turn/completed", params, running)).toMatchObject({
      event: { agentTurnId: "running", type: "turnEnded" },
    });
    expect(translateNotification("turn/completed", params, context)).toEqual({ kind: "malformed" });
  });

  test("with an unknown status ends the turn as failed, so that it does not run for ever", () => {
    const params = { threadId: "thread", turn: { id: "turn", status: "evaporated" } };
    expect(translateNotification("turn/completed", params, context)).toMatchObject({
      event: { type: "turnEnded", status: "failed", failure: { reason: "failed" } },
    });
  });
});

test("a method that an object inherits is no notification", () => {
  for (const method of ["constructor", "__proto__", "toString"]) {
    expect(translateNotification(method, {}, context)).toBeUndefined();
  }
});

/** The same message with one value in it, chosen by number, replaced. */
function breakField(message: unknown, place: number, value: unknown): unknown {
  const paths = pathsIn(message);
  const path = paths[place % paths.length] ?? [];
  const copy = structuredClone({ message }) as Record<string, unknown>;
  let holder = copy;
  let key = "message";
  for (const step of path) {
    holder = holder[key] as Record<string, unknown>;
    key = step;
  }
  holder[key] = value;
  return copy["message"];
}

function pathsIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner).map((path) => [key, ...path]))];
}
