import { Fragment, memo, useState } from "react";
import type { ReactElement } from "react";
import { IconButton } from "../kit/controls.tsx";
import { useHighlight } from "./highlight.ts";
import "./code-block.css";

/** A block of code with its language, a way to copy it, and colours as soon as they are known. */
export const CodeBlock = memo(function CodeBlock(props: {
  readonly code: string;
  readonly language: string;
}): ReactElement {
  const { code, language } = props;
  const [copied, setCopied] = useState(false);
  const lines = useHighlight(code, language);
  const copy = (): void => {
    void navigator.clipboard.writeText(code).then(() => setCopied(true));
  };
  return (
    <figure className="code-block">
      <figcaption>
        <span>{language === "" ? "text" : language}</span>
        <IconButton icon={copied ? "check" : "copy"} label={copied ? "Copied" : "Copy the code"} onClick={copy} />
      </figcaption>
      <pre tabIndex={0}>
        <code>
          {lines === null
            ? code
            : lines.map((line, index) => <Line key={index} pieces={line} last={index === lines.length - 1} />)}
        </code>
      </pre>
    </figure>
  );
});

function Line({
  pieces,
  last,
}: {
  readonly pieces: readonly (readonly [string, string])[];
  readonly last: boolean;
}): ReactElement {
  return (
    <Fragment>
      {pieces.map(([role, text], index) => (
        <span key={index} className={`code-${role}`}>
          {text}
        </span>
      ))}
      {!last && "\n"}
    </Fragment>
  );
}
