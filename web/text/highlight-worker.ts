import type { HighlighterCore } from "shiki/core";
import { createCssVariablesTheme, createHighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import type { HighlightAnswer, HighlightQuestion, HighlightedLine } from "./highlight.ts";

/** Runs shiki away from the page's thread. Colours are named by their role; tokens.css says what they look like. */
const languages = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  csharp: () => import("shiki/langs/csharp.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  kotlin: () => import("shiki/langs/kotlin.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  php: () => import("shiki/langs/php.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  ruby: () => import("shiki/langs/ruby.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  swift: () => import("shiki/langs/swift.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};
type Language = keyof typeof languages;

const otherNames: Readonly<Record<string, Language>> = {
  "c++": "c",
  cc: "c",
  cjs: "javascript",
  cpp: "c",
  cs: "csharp",
  dockerfile: "docker",
  h: "c",
  hpp: "c",
  htm: "html",
  js: "javascript",
  jsonc: "json",
  jsonl: "json",
  jsx: "tsx",
  kt: "kotlin",
  md: "markdown",
  mjs: "javascript",
  mts: "typescript",
  patch: "diff",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  shell: "bash",
  svg: "xml",
  ts: "typescript",
  yml: "yaml",
  zsh: "bash",
};

const themeName = "roles";
let highlighter: Promise<HighlighterCore> | undefined;

async function highlighterFor(language: Language): Promise<HighlighterCore> {
  highlighter ??= createHighlighterCore({
    themes: [createCssVariablesTheme({ name: themeName, variablePrefix: "--" })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const ready = await highlighter;
  if (!ready.getLoadedLanguages().includes(language)) await ready.loadLanguage(languages[language]());
  return ready;
}

function languageOf(name: string): Language | null {
  const lower = name.toLowerCase();
  if (Object.hasOwn(languages, lower)) return lower as Language;
  return Object.hasOwn(otherNames, lower) ? (otherNames[lower] ?? null) : null;
}

/** `var(--token-string-expression)` → `string`. */
function roleOf(color: string | undefined): string {
  return /--(?:token-)?([a-z]+)/u.exec(color ?? "")?.[1] ?? "foreground";
}

async function highlight({ code, language: name }: HighlightQuestion): Promise<readonly HighlightedLine[] | null> {
  const language = languageOf(name);
  if (language === null) return null;
  const ready = await highlighterFor(language);
  const { tokens } = ready.codeToTokens(code, { lang: language, theme: themeName });
  return tokens.map((line) => line.map(({ content, color }) => [roleOf(color), content] as const));
}

self.addEventListener("message", ({ data }: MessageEvent<HighlightQuestion>) => {
  highlight(data).then(
    (lines) => self.postMessage({ id: data.id, lines } satisfies HighlightAnswer),
    () => self.postMessage({ id: data.id, lines: null } satisfies HighlightAnswer),
  );
});
