import type { AgentEvent } from "../agents/agent.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import { redact, redactDeep } from "../core/redaction.ts";

/**
 * What goes on record of an agent's report, without its secrets; undefined for what is not recorded as such. The user's
 * own words are on record already, with the turn's request.
 */
export function reportCommand(threadId: string, turnId: string, event: AgentEvent): ThreadCommand | undefined {
  switch (event.type) {
    case "itemStarted":
    case "itemCompleted": {
      if (event.item.kind === "userMessage") return undefined;
      const type = event.type === "itemStarted" ? "reportItemStarted" : "reportItemCompleted";
      return { type, threadId, turnId, item: redactDeep(event.item) };
    }
    case "planUpdated":
      return { type: "reportPlan", threadId, turnId, steps: redactDeep([...event.steps]) };
    case "usageUpdated": {
      const { total, last, contextWindow } = event;
      return { type: "reportUsage", threadId, turnId, total, last, contextWindow };
    }
    case "retrying":
      return { type: "reportRetrying", threadId, turnId, message: redact(event.message).text };
    case "turnStarted":
    case "itemDelta":
    case "approvalRequested":
    case "approvalResolved":
    case "turnEnded":
      return undefined;
  }
}
