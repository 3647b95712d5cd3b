import { describe, expect, it } from "vitest";
import { commandText } from "./command-text.ts";

describe("commandText", () => {
  it.each([
    ["/bin/bash -lc 'ls | head -n 20'", "ls | head -n 20"],
    ["bash -c ls", "ls"],
    [String.raw`/bin/zsh -lc 'echo '\''a b'\'''`, "echo 'a b'"],
    [String.raw`/usr/bin/sh -c "echo \"x\" \$HOME"`, `echo "x" $HOME`],
    ["/bin/bash -lc 'a' 'b'", "'a' 'b'"],
    ["python -c 'print(1)'", "python -c 'print(1)'"],
    ["", ""],
  ])("shows %s as %s", (command, text) => {
    expect(commandText(command)).toBe(text);
  });
});
