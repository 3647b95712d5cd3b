import { useEffect, useState } from "react";
import { webLimits } from "../limits.ts";

/** Pieces of a line with the role each plays, such as `keyword`. */
export type HighlightedLine = readonly (readonly [role: string, text: string])[];
export interface HighlightQuestion {
  readonly id: number;
  readonly code: string;
  readonly language: string;
}
export interface HighlightAnswer {
  readonly id: number;
  readonly lines: readonly HighlightedLine[] | null;
}

const waiting = new Map<number, (lines: HighlightAnswer["lines"]) => void>();
let worker: Worker | undefined;
let lastId = 0;

function ask(code: string, language: string): Promise<HighlightAnswer["lines"]> {
  if (worker === undefined) {
    worker = new Worker(new URL("./highlight-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<HighlightAnswer>) => {
      waiting.get(data.id)?.(data.lines);
      waiting.delete(data.id);
    });
  }
  const id = ++lastId;
  worker.postMessage({ id, code, language } satisfies HighlightQuestion);
  return new Promise((resolve) => waiting.set(id, resolve));
}

/** The code with its roles, once they are known; null until then, and for languages or lengths nobody highlights. */
export function useHighlight(code: string, language: string): HighlightAnswer["lines"] {
  const [answer, setAnswer] = useState<{ readonly code: string; readonly lines: HighlightAnswer["lines"] } | null>(
    null,
  );
  useEffect(() => {
    if (language === "" || code.length > webLimits.highlightCharacters) return;
    let wanted = true;
    // Code that is still being written changes with every frame: only what stays for a moment is looked at.
    const timer = window.setTimeout(() => {
      void ask(code, language).then((lines) => {
        if (wanted) setAnswer({ code, lines });
      });
    }, 60);
    return () => {
      wanted = false;
      window.clearTimeout(timer);
    };
  }, [code, language]);
  return answer?.code === code ? answer.lines : null;
}
