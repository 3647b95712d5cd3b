import { singleLine, stripTerminalControls } from "../../src/base/terminal-text.ts";

/** Text from outside, ready to be shown: without control sequences and without what reorders text on screen. */
export function shown(text: string): string {
  return stripTerminalControls(text);
}

export function shownLine(text: string): string {
  return singleLine(text);
}

const openedSchemes = new Set(["http:", "https:", "mailto:"]);

/** The address of a link if it may be opened, or null: scripts and the programs of other schemes never may. */
export function openableAddress(address: string): URL | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return openedSchemes.has(url.protocol) ? url : null;
}

/** Where a link leads, in a word that its text cannot disguise. */
export function hostOf(url: URL): string {
  return url.protocol === "mailto:" ? url.pathname : url.host;
}
