import { type Result, success } from "../base/result.ts";
import type { Command, RecordCommand } from "../contracts/commands.ts";
import { type EventDraft, type RecordedEvent, streamOf } from "../contracts/events.ts";
import { decideThread } from "./thread-decider.ts";
import { evolveThread, isThreadEvent, type ThreadState } from "./thread-state.ts";

/** The state a decision is made on: a thread's, or none for streams that only record facts. */
export type StreamState = ThreadState | undefined;

/** The stream whose state decides a command. */
export function streamOfCommand(command: Command): string {
  return command.type === "record" ? streamOf(draftOf(command)) : `thread:${command.threadId}`;
}

/** Decides a command on the state of its stream. Pure: the same input always gives the same events. */
export function decide(command: Command, state: StreamState, now: number): Result<readonly EventDraft[]> {
  if (command.type === "record") return success([draftOf(command)]);
  const { commandId: _, actor, ...threadCommand } = command;
  return decideThread(state, threadCommand, actor, now);
}

/** The state of a stream after one more event. */
export function evolve(state: StreamState, event: RecordedEvent): StreamState {
  return isThreadEvent(event) ? evolveThread(state, event) : state;
}

/**
 * The side effect that must follow an event once it is on disk, if any. Effects are carried out from the outbox only,
 * never from memory alone: what is recorded as wanted is never forgotten, what is not recorded never happens.
 */
export type EffectKind = "startTurn" | "interruptTurn" | "answerApproval";

export function effectOf(event: EventDraft): EffectKind | undefined {
  if (event.type === "turn.requested") return "startTurn";
  if (event.type === "turn.interruptRequested") return "interruptTurn";
  if (event.type !== "approval.resolved") return undefined;
  // An approval that ended with its turn or its runtime has nobody left to tell.
  const { outcome } = event.payload;
  return outcome === "turnEnded" || outcome === "runtimeReset" ? undefined : "answerApproval";
}

function draftOf(command: RecordCommand & { actor: EventDraft["actor"] }): EventDraft {
  // The pairing of type and payload is checked where the command is made; the compiler cannot carry it through.
  return { type: command.event, actor: command.actor, payload: command.payload } as EventDraft;
}
