import { spawn } from "node:child_process";
import { join } from "node:path";
import { replaceFile } from "../home/atomic-file.ts";

/** The page that leads a browser in. Only its owner may read it, and it is removed once its code has been used. */
export function doorFile(systemFolder: string): string {
  return join(systemFolder, "open.html");
}

/**
 * Opens an address in the user's browser, if there is one. The command line of the program that opens it is there for
 * everybody on this machine to read, so it names a file that leads on to the address.
 */
export function openInBrowser(systemFolder: string, url: string, platform: NodeJS.Platform): void {
  const door = doorFile(systemFolder);
  replaceFile(door, `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${url}">\n`);
  const [program, ...programArguments] = opener(platform);
  const child = spawn(program, [...programArguments, door], { detached: true, stdio: "ignore" });
  // Without a browser the printed address is what there is.
  child.on("error", () => {});
  child.unref();
}

function opener(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === "darwin") return ["open"];
  return platform === "win32" ? ["explorer.exe"] : ["xdg-open"];
}
