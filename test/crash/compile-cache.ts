import { join } from "node:path";
import { repositoryRoot } from "../support/scratch.ts";

/** Compiled code is kept between the many starts of the same program: half of a start's time. */
export const compileCache = { NODE_COMPILE_CACHE: join(repositoryRoot, ".scratch", "compile-cache") };
