import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgentAvailability, ServerMessage, WireEvent, WorkstationCommand } from "../../src/contracts/wire.ts";
import { loopbackCodex } from "../support/loopback-codex.ts";
import { type RunningDaemon, startDaemon } from "../support/running-daemon.ts";
import { SyncSocket } from "../support/sync-socket.ts";

type Receipt = Extract<ServerMessage, { type: "receipt" }>["result"];

/** A workstation in a browser, without the browser. */
class Client implements Disposable {
  readonly #socket: SyncSocket;
  readonly #ready: Promise<void>;

  constructor({ port, address }: RunningDaemon) {
    this.#socket = new SyncSocket(port, { authorization: `Bearer ${address.token}` });
    this.#ready = this.#socket.hello();
  }

  async ask(commandId: string, command: WorkstationCommand): Promise<Receipt> {
    await this.#ready;
    const before = this.#socket.messages.length;
    this.#socket.say({ type: "command", commandId, command });
    const found = (): ServerMessage | undefined =>
      this.#socket.messages.slice(before).find((each) => each.type === "receipt" && each.commandId === commandId);
    await this.#socket.until(() => found() !== undefined);
    const receipt = found();
    if (receipt?.type !== "receipt") throw new Error("the connection was closed");
    return receipt.result;
  }

  get events(): readonly WireEvent[] {
    return this.#socket.messages.flatMap((message) => (message.type === "events" ? message.events : []));
  }

  /** Resolves once what is known of the agents fits. */
  async untilAgents(fits: (agents: readonly AgentAvailability[]) => boolean): Promise<void> {
    await this.#socket.until(() => this.#socket.messages.some((each) => each.type === "agents" && fits(each.agents)));
  }

  /** Resolves once so many events of that type have come. */
  async until(type: string, count = 1): Promise<void> {
    await this.#socket.until(() => this.events.filter((event) => event.type === type).length >= count);
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

const options = { approve: "auto", sandbox: "workspace-write" } as const;

function valueOf(receipt: Receipt): Record<string, string> {
  if (!receipt.ok) throw new Error(JSON.stringify(receipt.error));
  return receipt.value as Record<string, string>;
}

describe("the workstation's commands", () => {
  it("add real directories once, and let an untrusted one only be read, with everything asked", async () => {
    await using codex = await loopbackCodex("workstation-projects");
    await using daemon = await startDaemon(codex);
    using client = new Client(daemon);
    const link = join(dirname(codex.home), "link");
    symlinkSync(codex.project, link);
    const { projectId = "" } = valueOf(await client.ask("a", { type: "addProject", path: codex.project }));
    expect(valueOf(await client.ask("b", { type: "addProject", path: link }))).toMatchObject({ projectId });
    const file = join(codex.project, "file");
    writeFileSync(file, "");
    for (const path of [file, join(codex.project, "none"), "relative"]) {
      expect(await client.ask(`bad ${path.length}`, { type: "addProject", path })).toMatchObject({ ok: false });
    }
    const turn = { type: "startTurn", projectId, agent: "codex", prompt: "hello", options } as const;
    const started = valueOf(await client.ask("c", turn));
    expect(await client.ask("c", turn)).toEqual({ ok: true, value: started });
    await client.until("turn.completed");
    const requested = client.events.filter(({ type }) => type === "turn.requested");
    expect(requested.map(({ payload }) => payload["options"])).toEqual([{ approve: "ask", sandbox: "read-only" }]);
    expect(client.events.filter(({ type }) => type === "project.added")).toMatchObject([
      { payload: { path: realpathSync(codex.project) } },
    ]);
    valueOf(await client.ask("d", { type: "trustProject", projectId, trusted: true }));
    valueOf(await client.ask("e", { ...turn, threadId: started["threadId"] }));
    await client.until("turn.requested", 2);
    expect(client.events.findLast(({ type }) => type === "turn.requested")?.payload["options"]).toEqual(options);
  });

  it("sign in to Codex with a key that only Codex keeps, and sign out", async () => {
    await using codex = await loopbackCodex("workstation-sign-in");
    await using daemon = await startDaemon(codex);
    using client = new Client(daemon);
    const apiKey = "sk-proj-keelson-test-0123456789abcdef0123456789abcdef";
    expect(await client.ask("empty", { type: "signIn", method: "apiKey" })).toMatchObject({ ok: false });
    valueOf(await client.ask("key", { type: "signIn", method: "apiKey", apiKey }));
    expect(readFileSync(join(codex.codexHome, "auth.json"), "utf8")).toContain(apiKey);
    await client.untilAgents((agents) => agents.some(({ agent, signedIn }) => agent === "codex" && signedIn === true));
    valueOf(await client.ask("out", { type: "signOut" }));
    expect(existsSync(join(codex.codexHome, "auth.json"))).toBe(false);
    const entries = readdirSync(codex.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const holders = entries.filter((file) => readFileSync(join(file.parentPath, file.name), "latin1").includes(apiKey));
    expect(holders.map(({ name }) => name)).toEqual([]);
  });

  it("queue text that is sent when the turn has ended well, over a restart too, and never twice", async () => {
    await using codex = await loopbackCodex("workstation-follow-ups");
    await using daemon = await startDaemon(codex);
    mkdirSync(join(codex.project, ".git"));
    using client = new Client(daemon);
    const { projectId = "" } = valueOf(await client.ask("a", { type: "addProject", path: codex.project }));
    valueOf(await client.ask("t", { type: "trustProject", projectId, trusted: true }));
    const slow = "scenario:stream?chunks=400&interval=10";
    const turn = { type: "startTurn", projectId, agent: "codex", prompt: slow, options } as const;
    const { threadId = "", turnId = "" } = valueOf(await client.ask("b", turn));
    const queue = (text: string): WorkstationCommand => ({ type: "queueFollowUp", threadId, text, options });
    const first = valueOf(await client.ask("q1", queue("first")));
    expect(valueOf(await client.ask("q1", queue("first")))).toEqual(first);
    const second = valueOf(await client.ask("q2", queue("second")));
    valueOf(await client.ask("r", { type: "removeFollowUp", threadId, followUpId: second["followUpId"] ?? "" }));
    await client.until("turn.started");
    valueOf(await client.ask("stop", { type: "interruptTurn", threadId, turnId }));
    await client.until("turn.interrupted");
    await daemon.run("stop");
    await using restarted = await startDaemon(codex);
    using again = new Client(restarted);
    // It still waits: what it was to follow was stopped. A turn that ends well lets it go.
    valueOf(await again.ask("c", { ...turn, threadId, prompt: "hello" }));
    await again.until("turn.completed", 2);
    const sent = again.events.filter(({ type }) => type === "followUp.sent");
    expect(sent.map(({ payload }) => payload["followUpId"])).toEqual([first["followUpId"]]);
    const prompts = again.events
      .filter(({ type }) => type === "turn.requested")
      .map(({ payload }) => payload["prompt"]);
    expect(prompts).toEqual(["hello", "first"]);
  });
});
