import type { Log, LogFields, LogLevel } from "../base/log.ts";
import type { RecordedEvent } from "../contracts/events.ts";

/** What of the ledger goes into the daemon's log: where an operator looks first, without any text of a conversation. */
export function logEvent(log: Log, event: RecordedEvent): void {
  const entry = entryOf(event);
  if (entry !== undefined) log.write(entry[0], entry[1], { seq: event.seq, ...entry[2] });
}

function entryOf(event: RecordedEvent): readonly [LogLevel, string, LogFields] | undefined {
  switch (event.type) {
    case "home.recovered":
      return ["warn", "recovered after a crash", { ...event.payload }];
    case "runtime.started":
      return ["info", "agent started", { ...event.payload }];
    case "runtime.exited": {
      const { runtimeId, expected, exitCode, signal, message } = event.payload;
      return [expected ? "info" : "error", "agent ended", { runtimeId, exitCode, signal, message }];
    }
    case "turn.requested":
      return ["debug", "turn requested", ids(event.payload)];
    case "turn.completed":
      return ["info", "turn completed", { ...ids(event.payload), ms: event.payload.durationMilliseconds }];
    case "turn.failed":
      return ["warn", "turn failed", { ...ids(event.payload), reason: event.payload.reason }];
    case "turn.interrupted":
      return ["warn", "turn interrupted", { ...ids(event.payload), cause: event.payload.cause }];
    case "approval.resolved":
      return ["info", "approval ended", { ...ids(event.payload), outcome: event.payload.outcome }];
    case "policy.decided":
      return [
        "info",
        "policy decided",
        { ...ids(event.payload), rule: event.payload.rule, outcome: event.payload.outcome },
      ];
    default:
      return undefined;
  }
}

function ids({ threadId, turnId }: { readonly threadId: string; readonly turnId: string }): LogFields {
  return { threadId, turnId };
}
