import { Component, isValidElement, memo, useState } from "react";
import type { ComponentProps, ReactElement, ReactNode } from "react";
import Markdown from "react-markdown";
import type { Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { webLimits } from "../limits.ts";
import { CodeBlock } from "./code-block.tsx";
import { MarkdownBlocks } from "./markdown-blocks.ts";
import { PlainText } from "./plain-text.tsx";
import { hostOf, openableAddress, shown } from "./safe-text.ts";
import "./markdown.css";

const plugins = [remarkGfm];

const components: Components = {
  a: ({ href = "", children }) => <Link address={href}>{children}</Link>,
  // Loading what an agent names would tell a stranger that it was read.
  img: ({ src, alt = "" }) => <Link address={typeof src === "string" ? src : ""}>{alt === "" ? "image" : alt}</Link>,
  pre: ({ children }) => <Fence>{children}</Fence>,
  input: ({ checked = false }) => <span className="task-mark">{checked ? "☑" : "☐"}</span>,
  table: ({ children }) => (
    <div className="table-frame" tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
};

/** Markdown as it streams in: finished blocks are drawn once, only the last one again. */
export function StreamingMarkdown({
  text,
  streaming,
}: {
  readonly text: string;
  readonly streaming: boolean;
}): ReactElement {
  // It only remembers where it has cut already: what it gives depends on the text alone.
  const [blocks] = useState(() => new MarkdownBlocks());
  if (text.length > webLimits.markdownCharacters) return <PlainText text={text} />;
  const parts = blocks.update(text);
  return (
    <div className="markdown untrusted" dir="auto">
      {parts.map((part, index) => (
        // Blocks only ever come at the end, so their place names them.
        <Block key={index} text={part} growing={streaming && index === parts.length - 1} />
      ))}
    </div>
  );
}

const Block = memo(function Block({
  text,
  growing,
}: {
  readonly text: string;
  readonly growing: boolean;
}): ReactElement {
  if (longestLine(text) > webLimits.plainStepCharacters / 4) return <PlainText text={text} />;
  return (
    <PlainOnFailure text={text}>
      <div className={growing ? "growing" : ""}>
        <Markdown remarkPlugins={plugins} components={components} urlTransform={(address) => address}>
          {shallow(shown(text))}
        </Markdown>
      </div>
    </PlainOnFailure>
  );
});

/** Quotes and lists inside each other beyond any use would exhaust the stack of the parser and of the page. */
function shallow(text: string): string {
  const levels = webLimits.markdownDepth;
  return text
    .replace(new RegExp(`^((?:[ \\t]*>){${levels}})(?:[ \\t]*>)+`, "gmu"), "$1")
    .replace(
      new RegExp(`^((?:[ \\t]*(?:[-*+]|\\d{1,9}[.)])[ \\t]+){${levels}})(?:(?:[-*+]|\\d{1,9}[.)])[ \\t]+)+`, "gmu"),
      "$1",
    )
    .replace(/[[(*_~]{64,}/gu, (run) => run.slice(0, 64));
}

function longestLine(text: string): number {
  let longest = 0;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from);
    const stop = end === -1 ? text.length : end;
    longest = Math.max(longest, stop - from);
    from = stop + 1;
  }
  return longest;
}

function Link({ address, children }: { readonly address: string; readonly children: ReactNode }): ReactElement {
  const url = openableAddress(address);
  if (url === null) {
    return (
      <span className="dead-link">
        {children} <span className="link-host">{address.slice(0, 80)}</span>
      </span>
    );
  }
  const host = hostOf(url);
  const says = typeof children === "string" && children.includes(host);
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
      {!says && <span className="link-host"> {host}</span>}
    </a>
  );
}

function Fence({ children }: { readonly children: ReactNode }): ReactElement {
  if (!isValidElement<ComponentProps<"code">>(children)) return <pre>{children}</pre>;
  const { className = "", children: code } = children.props;
  const language = /language-(\S+)/u.exec(className)?.[1] ?? "";
  return <CodeBlock code={codeText(code).replace(/\n$/u, "")} language={language} />;
}

function codeText(code: ReactNode): string {
  if (Array.isArray(code)) return code.map((part: ReactNode) => codeText(part)).join("");
  return typeof code === "string" ? code : "";
}

class PlainOnFailure extends Component<{ readonly text: string; readonly children: ReactNode }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: true } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <PlainText text={this.props.text} /> : this.props.children;
  }
}
