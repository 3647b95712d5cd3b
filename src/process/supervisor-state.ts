import type { RestartStop } from "../core/restart-policy.ts";
import { assert, type Failure } from "../base/result.ts";

/** What a supervisor knows of its runtime at any time. */
export type SupervisorState =
  | { readonly kind: "stopped" }
  /** Being opened; `attempt` is 0 for a start that was asked for, n for restart n in a row. */
  | { readonly kind: "starting"; readonly attempt: number }
  | { readonly kind: "ready" }
  | {
      readonly kind: "backing-off";
      /** Of the restart that follows. */
      readonly attempt: number;
      readonly delayMilliseconds: number;
      readonly failure: Failure;
    }
  | { readonly kind: "given-up"; readonly reason: RestartStop; readonly failure: Failure }
  | { readonly kind: "stopping" };

export type StateKind = SupervisorState["kind"];

/** From where to where a supervisor may go. A transition that is not here does not type-check. */
interface Transitions {
  readonly stopped: "starting";
  readonly starting: "ready" | "backing-off" | "given-up" | "stopping";
  readonly ready: "backing-off" | "given-up" | "stopping";
  readonly "backing-off": "starting" | "stopping";
  readonly "given-up": "stopping";
  readonly stopping: "stopped";
}

export type StateOf<Kind extends StateKind> = Extract<SupervisorState, { readonly kind: Kind }>;

/** Holds the state and tells of each change. */
export class SupervisorStateCell {
  #state: SupervisorState = { kind: "stopped" };
  readonly #listener: (state: SupervisorState) => void;

  constructor(listener: (state: SupervisorState) => void) {
    this.#listener = listener;
  }

  get current(): SupervisorState {
    return this.#state;
  }

  /** Goes on from a state, which has to be the current one, to one of those that may follow it. */
  move<From extends StateKind>(from: From, to: StateOf<Transitions[From]>): void {
    assert(this.#state.kind === from, `a supervisor that is ${this.#state.kind} cannot go from ${from} to ${to.kind}`);
    this.#state = to;
    this.#listener(to);
  }
}
