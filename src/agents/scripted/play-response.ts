import { type Clock, sleep } from "../../base/clock.ts";
import { scriptedLimits } from "./scripted-limits.ts";
import type { EventStream } from "./event-stream.ts";
import type { Breakdown, PlainStep, ResponseScript } from "./scenario.ts";
import {
  estimateUsage,
  messageDelta,
  messageDone,
  messageStarted,
  reasoningEvents,
  responseCompleted,
  responseCreated,
  responseFailed,
  toolCall,
} from "./sse-events.ts";

export interface ResponsePlayback {
  readonly script: Extract<ResponseScript, { kind: "stream" }>;
  /** Different for every response of a thread; the ids of its items are made from it. */
  readonly id: string;
  readonly inputBytes: number;
  readonly clock: Clock;
}

/** Streams one response of a scenario. Resolves when it has ended, or when the agent has gone. Never rejects. */
export async function playResponse(stream: EventStream, playback: ResponsePlayback): Promise<void> {
  const { script, id } = playback;
  const responseId = `resp_${id}`;
  await stream.send(responseCreated(responseId));
  for (const [index, step] of script.steps.entries()) {
    if (stream.closed.aborted) return;
    await playStep(stream, step, index, playback);
  }
  if (script.breakdown !== undefined) {
    await breakDown(stream, script.breakdown, playback);
    return;
  }
  await stream.send(responseCompleted(responseId, usageOf(playback)));
  stream.end();
}

async function playStep(
  stream: EventStream,
  step: PlainStep,
  index: number,
  { id, clock }: ResponsePlayback,
): Promise<void> {
  switch (step.kind) {
    case "message":
      await playMessage(stream, step, messageId(id, index), index, clock);
      break;
    case "reasoning":
      for (const event of reasoningEvents(`rs_${id}_${index}`, index, step.text)) await stream.send(event);
      break;
    case "command":
    case "edit":
    case "plan":
      await stream.send(toolCall(`call_${id}_${index}`, index, step));
      break;
    case "usage":
      break;
  }
}

async function playMessage(
  stream: EventStream,
  step: Extract<PlainStep, { kind: "message" }>,
  itemId: string,
  index: number,
  clock: Clock,
): Promise<void> {
  const chunk = Math.max(1, step.chunkCharacters ?? step.text.length);
  const interval = Math.min(step.intervalMilliseconds ?? 0, scriptedLimits.intervalMilliseconds);
  await stream.send(messageStarted(itemId, index));
  for (let start = 0; start < step.text.length && !stream.closed.aborted; start += chunk) {
    if (interval > 0 && start > 0) await sleep(clock, interval, stream.closed);
    await stream.send(messageDelta(itemId, index, step.text.slice(start, start + chunk)));
  }
  await stream.send(messageDone(itemId, index, step.text));
}

async function breakDown(stream: EventStream, breakdown: Breakdown, { script, id }: ResponsePlayback): Promise<void> {
  if (breakdown.kind === "failed") {
    await stream.send(responseFailed(`resp_${id}`, breakdown.code, breakdown.message));
    stream.end();
    return;
  }
  const index = script.steps.length;
  await stream.send(messageStarted(messageId(id, index), index));
  await stream.send(messageDelta(messageId(id, index), index, breakdown.text));
  // A hang leaves the response open: the agent closes it, or the end of the server does.
  if (breakdown.kind === "cut") await stream.cut();
}

function messageId(id: string, index: number): string {
  return `msg_${id}_${index}`;
}

function usageOf({ script, inputBytes }: ResponsePlayback) {
  const stated = script.steps.find((step) => step.kind === "usage");
  return stated?.usage ?? estimateUsage(inputBytes, script.steps);
}
