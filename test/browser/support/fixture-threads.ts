import { RecordedThread, startAt } from "./recorded-thread.ts";

const answer = `The race is in \`claimBerth\`: two ships read the same free berth before either writes it.
The check and the write now happen in **one statement**, so the second ship sees the berth as taken.

| | before | after |
|---|---|---|
| two ships, one berth | both get it | one gets it, one waits |
| cost of a claim | 2 queries | 1 query |

\`\`\`typescript
// The update itself is the check: nothing can come between.
export async function claimBerth(ship: Ship, berth: number): Promise<Claim> {
  const rows = await sql\`
    update berth set ship = \${ship.id}
    where number = \${berth} and ship is null
    returning claimed_at\`;
  return rows.length === 1 ? { kind: "claimed" } : { kind: "taken" };
}
\`\`\`

What I checked:

1. The new test starts **200 claims at once** and exactly one wins.
2. The old tests pass unchanged.

More about the isolation level is in [the manual](https://www.postgresql.org/docs/current/transaction-iso.html).`;

const diff = `@@ -12,14 +12,11 @@ import { sql } from "./database.ts";
 
 export async function claimBerth(ship: Ship, berth: number): Promise<Claim> {
-  const [row] = await sql\`select ship from berth where number = \${berth}\`;
-  if (row.ship !== null) {
-    return { kind: "taken" };
-  }
-  await sql\`update berth set ship = \${ship.id} where number = \${berth}\`;
-  return { kind: "claimed" };
+  const rows = await sql\`
+    update berth set ship = \${ship.id}
+    where number = \${berth} and ship is null\`;
+  return rows.length === 1 ? { kind: "claimed" } : { kind: "taken" };
 }
 
-export const berthTimeout = 30;
+export const berthTimeout = 45;
`;

const testDiff = `@@ -0,0 +1,7 @@
+import { expect, test } from "vitest";
+import { claimBerth } from "./claim-berth.ts";
+
+test("of two hundred ships one gets the berth", async () => {
+  const claims = await Promise.all(ships(200).map((ship) => claimBerth(ship, 7)));
+  expect(claims.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
+});
`;

const testOutput = Array.from({ length: 60 }, (_, index) => ` ✓ harbour/claims.test.ts > ship ${index + 1} 3 ms`).join(
  "\n",
);

/** A whole turn with everything a turn can have. */
export function finishedThread(): RecordedThread {
  const thread = new RecordedThread("finished", "Two ships can claim one berth", { at: startAt - 4 * 60_000 });
  return thread
    .turn("t1", "Two ships got the same berth this morning. Find out why, fix it, and prove it with a test.")
    .item({
      kind: "reasoning",
      itemId: "1",
      text: "**Looking for the race**\n\nThe claim reads first and writes later.",
    })
    .record([
      "plan.updated",
      {
        steps: [
          { text: "Reproduce it with many claims at once", status: "completed" },
          { text: "Make check and write one statement", status: "completed" },
          { text: "Keep the test", status: "completed" },
        ],
      },
    ])
    .message("2", "I will reproduce it first: many claims for one berth, all at once.")
    .command("3", "/bin/bash -lc 'rg -n claimBerth src'", "src/claim-berth.ts:14:export async function claimBerth(\n")
    .command(
      "4",
      "/bin/bash -lc 'npm test -- claims'",
      " × of two hundred ships one gets the berth\n   expected 1, got 3\n",
      1,
    )
    .approval("p1", "npm install --save-dev fast-check", true)
    .record(["approval.resolved", { approvalId: "p1", outcome: "accept", message: null }])
    .item({
      kind: "fileChange",
      itemId: "5",
      status: "completed",
      changes: [
        { path: "/projects/harbour/src/claim-berth.ts", kind: "update", diff },
        { path: "/projects/harbour/src/claim-berth.test.ts", kind: "add", diff: testDiff },
      ],
    })
    .command("6", "/bin/bash -lc 'npm test'", testOutput)
    .item({ kind: "toolCall", itemId: "7", tool: "docs.search", status: "completed", input: "{}", output: "3 pages" })
    .message("8", answer)
    .record([
      "policy.decided",
      { kind: "command", subject: "npm test", decision: "ASK", rule: "ask-default", outcome: "asked" },
    ])
    .usage(18_400, 2_130)
    .completed();
}

export function waitingThread(): RecordedThread {
  return new RecordedThread("waiting", "Add property tests to the tide table", { firstSeq: 3_000 })
    .turn("t1", "Cover the tide table with property tests.")
    .message(
      "1",
      "The table has no tests that try many inputs. I would like to use `fast-check` for them; it is not installed yet.",
    )
    .command("2", "/bin/bash -lc 'cat package.json'", '{ "name": "harbour" }')
    .record([
      "followUp.queued",
      { followUpId: "f1", text: "And then run the linter over it.", options: {}, redactions: 0 },
    ])
    .approval("p1", "npm install --save-dev fast-check@4", true);
}

export function workingThread(): RecordedThread {
  const command = { kind: "command", itemId: "2", command: "/bin/bash -lc 'npm run build'", cwd: "/projects/harbour" };
  const running = { status: "running", output: "", outputOmitted: 0, exitCode: null, durationMilliseconds: null };
  return new RecordedThread("working", "Speed up the build", { firstSeq: 4_000 })
    .turn("t1", "The build takes a minute. Why?")
    .message("1", "I measure it before I change anything.")
    .record(["item.started", { item: { ...command, ...running } }]);
}

export function recoveredThread(): RecordedThread {
  const text = "The lighthouse module has three parts. The first keeps the lamp's schedule, the second";
  return new RecordedThread("recovered", "Explain the lighthouse module", { firstSeq: 5_000, at: startAt - 9_000_000 })
    .turn("t1", "Explain the lighthouse module to a new colleague.")
    .record(["item.started", { item: { kind: "agentMessage", itemId: "1", text: "" } }])
    .record([
      "turn.interrupted",
      {
        cause: "restart",
        message:
          "Keelson ended while the agent was writing. The agent was asked what became of the turn: it did not finish.",
        partial: [{ itemId: "1", kind: "agentMessage", text }],
      },
    ])
    .turn("t2", "Go on, please.")
    .record([
      "turn.failed",
      {
        reason: "limit",
        message: "Your plan's limit is used up.",
        next: "Wait, or sign in with an API key.",
        resetsAt: startAt + 7_200_000,
      },
    ]);
}

export function longThread(items: number): RecordedThread {
  const thread = new RecordedThread("long", `A thread of ${items} items`, {
    firstSeq: 10_000,
    at: startAt - 90_000_000,
  });
  for (let index = 0; index < items; index++) {
    if (index % 20 === 0) thread.turn(`t${index}`, `Step ${index / 20 + 1}: go on with the next part.`);
    if (index % 4 === 1) thread.command(`i${index}`, `npm test -- part-${index}`, `${testOutput}\n`);
    if (index % 4 !== 1) {
      thread.message(
        `i${index}`,
        `Part ${index} is done.\n\n- It has **${index} lines**\n- and \`part${index}()\`\n\n\`\`\`ts\nconst part = ${index};\n\`\`\``,
      );
    }
    if (index % 20 === 19) thread.usage(1_000, 100).completed();
  }
  return thread;
}
