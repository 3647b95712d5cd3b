import type { AgentAvailability } from "../../src/contracts/wire.ts";
import type { AgentName, TurnOptions } from "../../src/contracts/vocabulary.ts";
import type { Choice } from "../kit/controls.tsx";
import { readPreference, writePreference } from "../shell/preferences.ts";

/** What is chosen for the next turn. The last choice is remembered for all threads. */
export interface TurnChoices {
  readonly agent: AgentName;
  readonly model: string;
  readonly effort: string;
  readonly access: string;
}

export const automatic = "default";

/** What the agent may do without asking: the two settings that decide it, as people think of them. */
const accessLevels: Readonly<
  Record<string, Pick<TurnOptions, "approve" | "sandbox"> & { label: string; note: string }>
> = {
  ask: {
    approve: "ask",
    sandbox: "workspace-write",
    label: "Ask first",
    note: "Works in the project, asks before it acts",
  },
  auto: {
    approve: "auto",
    sandbox: "workspace-write",
    label: "Auto in sandbox",
    note: "Acts inside the sandbox without asking",
  },
  read: { approve: "ask", sandbox: "read-only", label: "Read only", note: "May look, not change" },
};
export const accessChoices: readonly Choice[] = Object.entries(accessLevels).map(([value, { label, note }]) => ({
  value,
  label,
  note,
}));

export function agentLabel(agent: AgentName): string {
  if (agent === "scripted") return "Scripted demo";
  if (agent === "codex") return "Codex";
  return agent === "claude" ? "Claude Code" : agent.slice("acp:".length);
}

export function agentChoices(agents: readonly AgentAvailability[]): readonly Choice[] {
  return agents
    .filter(({ available }) => available)
    .map(({ agent, signedIn }) => ({
      value: agent,
      label: agentLabel(agent),
      note: signedIn === false ? "Not signed in: see Settings" : undefined,
    }));
}

export function modelChoices(agent: AgentAvailability | undefined): readonly Choice[] {
  const models = agent?.models.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return [{ value: automatic, label: "Default model" }, ...models];
}

export function effortChoices(agent: AgentAvailability | undefined, model: string): readonly Choice[] {
  const efforts = agent?.models.find(({ id }) => id === model)?.efforts ?? [];
  return [
    { value: automatic, label: "Default effort" },
    ...efforts.map((value) => ({ value, label: `${value} effort` })),
  ];
}

/** The remembered choices, as far as they can still be had. Without a signed-in agent it is the one that needs none. */
export function initialChoices(agents: readonly AgentAvailability[]): TurnChoices {
  const usable = agents.filter(({ available, signedIn }) => available && signedIn !== false).map(({ agent }) => agent);
  const remembered = readPreference("agent");
  const agent = usable.find((name) => name === remembered) ?? usable.find((name) => name !== "scripted") ?? "scripted";
  const access = readPreference("access") ?? "ask";
  return {
    agent,
    model: readPreference(`model.${agent}`) ?? automatic,
    effort: readPreference(`effort.${agent}`) ?? automatic,
    access: Object.hasOwn(accessLevels, access) ? access : "ask",
  };
}

export function rememberChoices({ agent, model, effort, access }: TurnChoices): void {
  writePreference("agent", agent);
  writePreference("access", access);
  writePreference(`model.${agent}`, model === automatic ? null : model);
  writePreference(`effort.${agent}`, effort === automatic ? null : effort);
}

export function turnOptionsOf({ access, model, effort }: TurnChoices): TurnOptions {
  const { approve, sandbox } = accessLevels[access] ?? { approve: "ask" as const, sandbox: "read-only" as const };
  return {
    approve,
    sandbox,
    ...(model === automatic ? {} : { model }),
    ...(effort === automatic ? {} : { effort: effort as NonNullable<TurnOptions["effort"]> }),
  };
}
