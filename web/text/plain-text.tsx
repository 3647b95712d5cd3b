import { useState } from "react";
import type { ReactElement } from "react";
import { Button } from "../kit/controls.tsx";
import { webLimits } from "../limits.ts";
import { shown } from "./safe-text.ts";

/** Text as it is, in steps: what is too long to be laid out at once waits for a click. */
export function PlainText({ text }: { readonly text: string }): ReactElement {
  const [steps, setSteps] = useState(1);
  const step = webLimits.plainStepCharacters / 10;
  const limit = step * (steps === 1 ? 1 : steps * 10);
  const left = text.length - limit;
  return (
    <div className="plain-text untrusted" dir="auto">
      {shown(text.slice(0, limit))}
      {left > 0 && (
        <div className="show-more">
          <Button onClick={() => setSteps(steps + 1)}>Show more ({left.toLocaleString("en")} characters left)</Button>
        </div>
      )}
    </div>
  );
}
