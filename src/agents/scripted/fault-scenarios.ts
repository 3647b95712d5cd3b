import { timesOf, wholeNumber } from "./marker-parameters.ts";
import type { Scenario, Step } from "./scenario.ts";

const closing: Step = { kind: "message", text: "It works again." };

const failure: Scenario = {
  name: "failure",
  summary:
    "the model fails: `?status=HTTP-STATUS` (500), or `?code=CODE` in a stream; `&times=N` for the first N tries",
  steps: ({ parameters }) => {
    const code = parameters.get("code");
    const message = parameters.get("message") ?? "The scripted model fails because it was asked to.";
    const status = wholeNumber(parameters, "status", { fallback: 500, maximum: 599 });
    const fault: Step =
      code === null
        ? { kind: "httpError", status: Math.max(400, status), body: { error: { message } }, ...timesOf(parameters) }
        : { kind: "failed", code, message, ...timesOf(parameters) };
    return [fault, closing];
  },
};

/** The windows of the limits that Codex shows: five hours and a week. */
const windowMinutes = 300;
const weekMinutes = 10_080;

const rateLimit: Scenario = {
  name: "rate-limit",
  summary: "the usage limit is reached; it ends in `?resets=SECONDS` (3600); `&times=N` for the first N tries",
  steps: ({ parameters, now }) => {
    const seconds = wholeNumber(parameters, "resets", { fallback: 3_600, maximum: 100_000_000 });
    const resetsAt = Math.ceil(now / 1_000) + seconds;
    return [
      {
        kind: "httpError",
        status: 429,
        body: {
          error: {
            type: "usage_limit_reached",
            message: "The usage limit has been reached",
            plan_type: "plus",
            resets_at: resetsAt,
            resets_in_seconds: seconds,
          },
        },
        // The error itself has no reset time for clients: Codex reads it from these.
        headers: {
          "x-codex-primary-used-percent": "100",
          "x-codex-primary-window-minutes": String(windowMinutes),
          "x-codex-primary-reset-at": String(resetsAt),
          "x-codex-secondary-used-percent": "40",
          "x-codex-secondary-window-minutes": String(weekMinutes),
          "x-codex-secondary-reset-at": String(resetsAt + weekMinutes * 60),
        },
        ...timesOf(parameters),
      },
      closing,
    ];
  },
};

const cutOff: Scenario = {
  name: "cut",
  summary: "the connection breaks in the middle of the answer; `?times=N` for the first N tries",
  steps: ({ parameters }) => [{ kind: "cut", text: "This sentence will never be", ...timesOf(parameters) }, closing],
};

const hang: Scenario = {
  name: "hang",
  summary: "begins to answer and then says nothing more until it is stopped",
  steps: ({ parameters }) => [{ kind: "hang", text: "Let me think about that", ...timesOf(parameters) }, closing],
};

/** Scenarios in which the model does not do what a model should. */
export const faultScenarios: readonly Scenario[] = [failure, rateLimit, cutOff, hang];
