import { createContext, use, useEffect } from "react";
import type { AgentAvailability, ThreadListEntry } from "../../src/contracts/wire.ts";
import type { Entry, TurnFacts } from "../../src/core/thread-entries.ts";
import { activeTurnChanged, followUpsChanged, turnChanged } from "../../src/core/thread-view.ts";
import type { OpenThread } from "./thread-pages.ts";
import { entryTopic, pageTopic } from "./thread-pages.ts";
import { useTopic } from "./topics.ts";
import type { Catalog, Connection, Workstation } from "./workstation.ts";

export const WorkstationContext = createContext<Workstation | null>(null);

export function useWorkstation(): Workstation {
  const workstation = use(WorkstationContext);
  if (workstation === null) throw new Error("invariant broken: components live inside the WorkstationContext");
  return workstation;
}

export function useConnection(): Connection {
  const workstation = useWorkstation();
  return useTopic(workstation.topics, "connection", () => workstation.connection);
}

export function useCatalog(): Catalog {
  const workstation = useWorkstation();
  return useTopic(workstation.topics, "catalog", () => workstation.catalog);
}

export function useThread(threadId: string | null): ThreadListEntry | undefined {
  const workstation = useWorkstation();
  return useTopic(workstation.topics, "catalog", () => (threadId === null ? undefined : workstation.thread(threadId)));
}

export function useAgents(): readonly AgentAvailability[] {
  const workstation = useWorkstation();
  return useTopic(workstation.topics, "agents", () => workstation.agents);
}

/** Opens a thread's page and draws again when entries come or go; each entry draws itself. */
export function useOpenThread(threadId: string): OpenThread | undefined {
  const workstation = useWorkstation();
  useEffect(() => workstation.openThread(threadId), [workstation, threadId]);
  useTopic(workstation.topics, pageTopic(threadId), () => {
    const thread = workstation.pages.get(threadId);
    return thread && `${thread.load} ${thread.orderRevision} ${thread.hasOlder} ${thread.loadingOlder}`;
  });
  return workstation.pages.get(threadId);
}

export function useEntry(threadId: string, key: string): Entry | undefined {
  const { topics, pages } = useWorkstation();
  return useTopic(topics, entryTopic(threadId, key), () => pages.get(threadId)?.view.entry(key));
}

export function useTurn(threadId: string, turnId: string): TurnFacts | undefined {
  const { topics, pages } = useWorkstation();
  return useTopic(topics, entryTopic(threadId, turnChanged(turnId)), () => pages.get(threadId)?.view.turn(turnId));
}

export function useActiveTurn(threadId: string): TurnFacts | undefined {
  const { topics, pages } = useWorkstation();
  return useTopic(topics, entryTopic(threadId, activeTurnChanged), () => pages.get(threadId)?.view.activeTurn);
}

export function useFollowUps(threadId: string): OpenThread["view"]["followUps"] {
  const { topics, pages } = useWorkstation();
  useTopic(topics, entryTopic(threadId, followUpsChanged), () => pages.get(threadId)?.followUpRevision);
  return pages.get(threadId)?.view.followUps ?? [];
}
