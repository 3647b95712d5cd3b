import type { Hono } from "hono";
import type { Credential } from "./guard.ts";

/** What a request's handlers know of it: who is asking. Set for everything that needs credentials. */
export interface AppVariables {
  readonly Variables: { by: Credential };
}
export type App = Hono<AppVariables>;
