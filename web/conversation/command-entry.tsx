import { useState } from "react";
import type { ReactElement } from "react";
import type { Item } from "../../src/contracts/items.ts";
import type { ItemEntry } from "../../src/core/thread-entries.ts";
import { Button } from "../kit/controls.tsx";
import { webLimits } from "../limits.ts";
import { duration, grouped } from "../text/numbers.ts";
import { shown, shownLine } from "../text/safe-text.ts";
import { ToolLine } from "./tool-line.tsx";

type Command = Extract<Item, { kind: "command" }>;

/** `/bin/bash -lc 'ls -la'` is how agents start `ls -la`; people want to read the latter. */
function plainCommand(command: string): string {
  const wrapped = /^(?:\/\S+\/)?(?:ba|z)?sh -l?c (['"]?)([\s\S]*)\1$/u.exec(command);
  return wrapped?.[2] ?? command;
}

export function CommandEntry({ entry, item }: { readonly entry: ItemEntry; readonly item: Command }): ReactElement {
  const status = entry.cutOff ? "stopped" : item.status;
  const output = entry.live ?? item.output;
  const command = plainCommand(item.command);
  const running = status === "running";
  const exit = item.exitCode !== null && item.exitCode !== 0 ? `exit ${item.exitCode}` : null;
  return (
    <ToolLine
      icon="terminal"
      verb={running ? "Running" : "Ran"}
      subject={shownLine(command.slice(0, 400))}
      status={status}
      facts={
        <>
          {exit !== null && <span className="tool-status failed">{exit}</span>}
          {item.durationMilliseconds !== null && <span>{duration(item.durationMilliseconds)}</span>}
        </>
      }
      said={exit !== null}
      initiallyOpen={running || status === "failed" || status === "stopped"}
    >
      {command.includes("\n") || command.length > 80 ? (
        <pre className="output-command untrusted">{shown(command.slice(0, webLimits.lineCharacters))}</pre>
      ) : null}
      <Output text={output} omitted={item.outputOmitted} running={running} />
    </ToolLine>
  );
}

interface OutputProps {
  readonly text: string;
  readonly omitted: number;
  readonly running: boolean;
}

/** The end of an output, with more of it in steps: however long it is, only what is looked at is laid out. */
function Output({ text, omitted, running }: OutputProps): ReactElement {
  const [lines, setLines] = useState<number>(webLimits.outputLines);
  const from = startOfLastLines(text, lines);
  if (text === "") return <div className="output">{running ? "No output yet." : "No output."}</div>;
  return (
    <>
      {(from > 0 || omitted > 0) && (
        <div className="output-more">
          {from > 0 && (
            <Button look="quiet" onClick={() => setLines(lines + webLimits.outputStepLines)}>
              Show more ({grouped(from)} characters above)
            </Button>
          )}
          {omitted > 0 && <span>{grouped(omitted)} characters in the middle were not kept.</span>}
        </div>
      )}
      <pre className="output untrusted" tabIndex={0} role="region" aria-label="Output of the command">
        {shown(text.slice(from))}
      </pre>
    </>
  );
}

function startOfLastLines(text: string, lines: number): number {
  const earliest = Math.max(0, text.length - lines * (webLimits.lineCharacters / 10));
  let from = text.length;
  for (let count = 0; count < lines && from > earliest; count++) {
    from = text.lastIndexOf("\n", from - 2) + 1;
    if (from === 0) break;
  }
  return Math.max(from, earliest);
}
