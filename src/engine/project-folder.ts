import { createHash } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import { failure, type Result, success } from "../base/result.ts";

/** A directory that exists, by its real path. */
export interface ProjectFolder {
  readonly projectId: string;
  readonly path: string;
  readonly name: string;
}

/**
 * The directory that a path stands for, without symbolic links, so that one directory is one project.
 * Errors: `project.invalid`.
 */
export function projectFolder(path: string, userHome: string): Result<ProjectFolder> {
  const expanded = /^~(?=\/|$)/u.test(path) ? join(userHome, path.slice(1)) : path;
  try {
    if (!isAbsolute(expanded) || expanded.includes("\0")) return invalid(path, "is not an absolute path");
    const real = realpathSync(resolve(expanded));
    if (!statSync(real).isDirectory()) return invalid(path, "is not a directory");
    return success({ projectId: projectIdOf(real), path: real, name: basename(real) || real });
  } catch {
    return invalid(path, "is not there, or may not be looked into");
  }
}

/** A project is known by its path, so it cannot be added twice. */
export function projectIdOf(realPath: string): string {
  return createHash("sha256").update(realPath).digest("hex").slice(0, 24);
}

/** The branch that a directory has checked out; null when it is no git repository or on no branch. */
export function readBranch(path: string): string | null {
  try {
    const head = readFileSync(join(gitFolder(path), "HEAD"), "utf8");
    return /^ref: refs\/heads\/(.+)$/mu.exec(head)?.[1] ?? null;
  } catch {
    return null;
  }
}

/** A worktree has a file in place of the folder, which says where that is. */
function gitFolder(path: string): string {
  const git = join(path, ".git");
  if (statSync(git).isDirectory()) return git;
  const named = /^gitdir: (.+)$/mu.exec(readFileSync(git, "utf8"))?.[1];
  return named === undefined ? git : resolve(path, named);
}

function invalid(path: string, why: string): Result<never> {
  return failure("project.invalid", `${path} ${why}.`, {
    next: "Give the full path of a directory.",
    fields: { path },
  });
}
