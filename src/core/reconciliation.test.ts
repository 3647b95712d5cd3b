import { describe, expect, it } from "vitest";
import { commandItem, messageItem } from "../../test/support/recorded-events.ts";
import { seededSecrets } from "../../test/support/seeded-secrets.ts";
import { seededRandom } from "../base/random.ts";
import type { Item } from "../contracts/items.ts";
import { reconcileTurn, type RememberedTurn } from "./reconciliation.ts";
import { redactDeep } from "./redaction.ts";
import type { ActiveTurn } from "./thread-state.ts";

/** A turn the daemon died in; `agentTurnId` null means that the agent had not confirmed it. */
function openTurn(agentTurnId: string | null): ActiveTurn {
  return {
    turnId: "turn",
    phase: agentTurnId === null ? "requested" : "started",
    requestedAt: 0,
    requestedSeq: 1,
    agentTurnId,
    runtimeId: agentTurnId === null ? null : "runtime",
    interruptRequested: false,
    retrying: false,
    redacted: false,
    approvals: [],
  };
}

function remembered(
  agentTurnId: string,
  status: RememberedTurn["status"],
  items: readonly Item[] = [],
): RememberedTurn {
  const failure = status === "failed" ? ({ reason: "limit", message: "The limit is reached." } as const) : null;
  return { agentTurnId, status, failure, items };
}

const confirmed = openTurn("a2");
const unconfirmed = openTurn(null);
const answer = messageItem("m1", "Done.");

describe("how an unfinished turn ended", () => {
  it.each([
    ["confirmed, the agent completed it", confirmed, "a2", "completed"],
    ["confirmed, the agent failed", confirmed, "a2", "failed"],
    ["confirmed, the agent interrupted it", confirmed, "a2", "interrupted"],
    ["confirmed, the agent still thinks it runs", confirmed, "a2", "running"],
    ["not confirmed, but the agent got and completed it", unconfirmed, "a2", "completed"],
    ["not confirmed, but the agent got it and failed", unconfirmed, "a2", "failed"],
    ["not confirmed, but the agent got and interrupted it", unconfirmed, "a2", "interrupted"],
    ["not confirmed, but the agent got it and thinks it runs", unconfirmed, "a2", "running"],
  ] as const)("follows the agent: %s", (_, turn, agentTurnId, status) => {
    const turns = [remembered("a1", "completed"), remembered(agentTurnId, status, [answer])];
    const outcome = reconcileTurn(turn, turns, "a1", []);
    expect(outcome).toMatchObject({ agentTurnId, items: [answer], end: status === "running" ? "interrupted" : status });
    if (outcome.end === "failed") {
      expect(outcome).toMatchObject({ reason: "limit", message: "The limit is reached." });
    }
  });

  it("says that the agent reports a failure when it does not say which", () => {
    const turns = [{ ...remembered("a2", "failed"), failure: null }];
    expect(reconcileTurn(confirmed, turns, "a1", [])).toMatchObject({
      end: "failed",
      reason: "failed",
      message: "The agent reports a failure.",
    });
  });

  it.each([
    [
      "the agent could not be asked about a turn it had confirmed",
      confirmed,
      null,
      "could not be asked how far it got",
    ],
    ["the agent could not be asked about a turn it had not confirmed", unconfirmed, null, "may not have been sent"],
    ["the agent does not know the turn it had confirmed", confirmed, ["a1"], "Send it again"],
    ["the agent knows no newer turn than the ledger", unconfirmed, ["a0", "a1"], "Send it again"],
    ["the agent knows no turn at all", unconfirmed, [], "Send it again"],
  ] as const)("is an interruption with what to do next when %s", (_, turn, ids, words) => {
    const turns = ids === null ? null : ids.map((id) => remembered(id, "completed", [answer]));
    const outcome = reconcileTurn(turn, turns, "a1", []);
    expect(outcome).toMatchObject({ end: "interrupted", agentTurnId: null, items: [] });
    expect(outcome.end === "interrupted" ? outcome.message : "").toContain(words);
  });

  it("is never taken from another turn than the confirmed one", () => {
    const turns = [remembered("a2", "failed"), remembered("a3", "completed", [answer])];
    expect(reconcileTurn(confirmed, turns, "a1", []).end).toBe("failed");
  });

  it("is found in a thread in which no turn has ended yet", () => {
    expect(reconcileTurn(unconfirmed, [remembered("a1", "completed")], null, []).end).toBe("completed");
    expect(reconcileTurn(unconfirmed, [], null, []).end).toBe("interrupted");
  });
});

describe("the items brought up from the agent", () => {
  const missing = (items: readonly Item[], recorded: readonly Item[]): readonly Item[] =>
    reconcileTurn(confirmed, [remembered("a2", "completed", items)], "a1", recorded).items;

  it("are those that the ledger lacks, in the agent's order, the user's own words left out", () => {
    const items: Item[] = [
      { kind: "userMessage", itemId: "u", text: "Do it." },
      messageItem("m1", "I begin."),
      commandItem("c1", "npm test"),
      messageItem("m2", "Done."),
    ];
    expect(missing(items, [])).toEqual(items.slice(1));
    expect(missing(items, [messageItem("m1", "I begin.")])).toEqual(items.slice(2));
    expect(missing(items, items)).toEqual([]);
  });

  it("are not those that the agent remembers under another id", () => {
    const change = { kind: "fileChange", status: "completed" } as const;
    const changes: Extract<Item, { kind: "fileChange" }>["changes"] = [{ path: "a.ts", kind: "update", diff: "+x" }];
    const call = { kind: "toolCall", tool: "search", status: "completed", input: "{}", output: "" } as const;
    const recorded: Item[] = [
      messageItem("m1", "Done."),
      commandItem("c1", "npm test"),
      { ...change, itemId: "f1", changes },
      { ...call, itemId: "t1" },
      { kind: "reasoning", itemId: "r1", text: "Hm." },
    ];
    expect(
      missing(
        recorded.map((item) => ({ ...item, itemId: `other-${item.itemId}` })),
        recorded,
      ),
    ).toEqual([]);
  });

  it("count each recorded item for one: what was done twice is there twice", () => {
    const twice = [commandItem("x1", "npm test"), commandItem("x2", "npm test")];
    expect(missing(twice, [commandItem("c1", "npm test")])).toEqual([twice[1]]);
    // The recorded item is the first one under its own id, so it is not the second one as well.
    expect(missing(twice, [commandItem("x1", "npm test")])).toEqual([twice[1]]);
    expect(missing(twice, [commandItem("x2", "npm test")])).toEqual([twice[0]]);
  });

  it("are not taken for new because the ledger keeps them without their secrets", () => {
    for (const { kind, text } of seededSecrets(seededRandom(1))) {
      const recorded = redactDeep(messageItem("m1", `I use ${text} now.`));
      expect(missing([messageItem("other", `I use ${text} now.`)], [recorded]), kind).toEqual([]);
    }
  });

  it("tell kinds apart that say the same", () => {
    const reasoning: Item = { kind: "reasoning", itemId: "r1", text: "Done." };
    expect(missing([messageItem("m1", "Done.")], [reasoning])).toEqual([messageItem("m1", "Done.")]);
  });
});
