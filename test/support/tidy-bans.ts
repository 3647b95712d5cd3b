import type { SyntaxNode } from "./tidy-syntax.ts";
import { dottedName, isCallTo, isLongFunction, isNode, syntaxNodes } from "./tidy-syntax.ts";

/** Something that no file may contain. */
export interface Ban {
  readonly name: string;
  readonly covers: (file: string) => boolean;
  /** Whether files that a program wrote are looked at too. */
  readonly coversGenerated?: boolean;
  /** Offsets in the text where the ban is broken. */
  readonly find: (text: string) => number[];
  /** A text that breaks the ban, which the self-check must see found. */
  readonly sample: string;
  /** A text that comes close and is fine. */
  readonly cleanSample: string;
  /** Files the ban leaves alone, each with the reason. */
  readonly allowed?: Readonly<Record<string, string>>;
}

const fileLines = 400;
const lineCharacters = 140;

const isTypeScript = (file: string): boolean => file.endsWith(".ts");
const isCode = (file: string): boolean => /\.(ts|js|mjs|sh|sql|css)$|^bin\/keelson$|^\.ci\/run$/.test(file);
const isProduct = (file: string): boolean => /^src\/.*\.ts$/.test(file) && !file.endsWith(".test.ts");
const isTest = (file: string): boolean => file.endsWith(".test.ts") || /^test\/.*\.ts$/.test(file);
const isFixture = (file: string): boolean => file.startsWith("test/fixtures/");

function pattern(expression: RegExp): Ban["find"] {
  return (text) => Array.from(text.matchAll(expression), ({ index }) => index);
}

function syntax(breaks: (node: SyntaxNode, parent: SyntaxNode | undefined, text: string) => boolean): Ban["find"] {
  return (text) =>
    syntaxNodes(text)
      .filter(({ node, parent }) => breaks(node, parent, text))
      .map(({ node }) => node.start);
}

function reads(name: string): Ban["find"] {
  return syntax((node) => node.type === "MemberExpression" && dottedName(node) === name);
}

const bansOfShape: Ban[] = [
  {
    name: "a function of more than 70 lines",
    covers: isTypeScript,
    find: syntax(isLongFunction),
    sample: `const long = () => {\n${"f();\n".repeat(69)}};`,
    cleanSample: `describe("much", () => {\n${"f();\n".repeat(90)}});\nconst short = () => {\n${"f();\n".repeat(68)}};`,
  },
  {
    name: "a file of more than 400 lines",
    covers: isCode,
    find: (text) => (text.trimEnd().split("\n").length > fileLines ? [text.length - 1] : []),
    sample: "x;\n".repeat(401),
    cleanSample: "x;\n".repeat(400),
  },
  {
    name: "a line of more than 140 characters",
    covers: isCode,
    find: pattern(new RegExp(`^.{${lineCharacters + 1},}$`, "gm")),
    sample: `x\n${"y".repeat(141)}\n`,
    cleanSample: "y".repeat(140),
  },
  {
    name: "an unfinished note",
    covers: (file) => isCode(file) || file.endsWith(".md"),
    find: pattern(/\b(TODO|FIXME|XXX|HACK)\b/g),
    sample: "// TODO: later",
    cleanSample: "const todoList = [];",
  },
];

const bansOfLanguage: Ban[] = [
  {
    name: "the type any",
    covers: isTypeScript,
    find: syntax((node) => node.type === "TSAnyKeyword"),
    sample: "const x = y as any;",
    cleanSample: "const x = y as unknown; // as any reader sees: any value",
  },
  {
    name: "a silenced type error",
    covers: isTypeScript,
    find: pattern(/@ts-(ignore|nocheck|expect-error)/g),
    sample: "// @ts-ignore\nf();",
    cleanSample: "const tsIgnored = 1;",
  },
  {
    name: "a default export",
    covers: isTypeScript,
    find: syntax((node) => node.type === "ExportDefaultDeclaration"),
    sample: "export default 1;",
    cleanSample: "export const x = 1;",
    allowed: {
      "vitest.config.ts": "the runner wants it",
      "vite.config.ts": "the bundler wants it",
      "scripts/layer-rule.ts": "the linter loads plugins by their default export",
    },
  },
  {
    name: "an enum or a namespace",
    covers: isTypeScript,
    find: syntax((node) => {
      return node.type === "TSEnumDeclaration" || (node.type === "TSModuleDeclaration" && node["kind"] === "namespace");
    }),
    sample: "enum Colour { Red }",
    cleanSample: `declare global { interface Window {} }\nconst colours = ["red"] as const;`,
  },
];

const bansOfTests: Ban[] = [
  {
    name: "a test left out or left alone (a test without its prerequisite says why: context.skip(reason))",
    covers: isTest,
    find: syntax((node) => isCallTo(node, /^(it|test|describe|suite)\..*(skip|only|todo|runIf|fails)/)),
    sample: `test.skip("later", () => {});`,
    cleanSample: `test("needs gcc", (context) => context.skip(true, "no gcc"));`,
  },
  {
    name: "a sleep in a test: wait for what must happen, or turn a fake clock",
    covers: isTest,
    find: syntax((node) => {
      const imports = node.type === "ImportDeclaration" && isNode(node["source"]) ? node["source"]["value"] : "";
      const [first] = Array.isArray(node["arguments"]) ? (node["arguments"] as unknown[]) : [];
      const sleepsForReal = isCallTo(node, /^sleep$/) && dottedName(first) === "systemClock";
      return (
        sleepsForReal || isCallTo(node, /^(globalThis\.)?setTimeout$/) || String(imports).endsWith("timers/promises")
      );
    }),
    sample: "await new Promise((resolve) => setTimeout(resolve, 100));",
    cleanSample: "await sleep(fakeClock, 100); AbortSignal.timeout(100);",
  },
];

const bansOfEffects: Ban[] = [
  {
    name: "the wall clock, read outside the clock",
    covers: (file) => isProduct(file) || isTest(file),
    find: syntax((node) => {
      const now = node.type === "MemberExpression" && dottedName(node) === "Date.now";
      const date = node.type === "NewExpression" && dottedName(node["callee"]) === "Date";
      return now || (date && Array.isArray(node["arguments"]) && node["arguments"].length === 0);
    }),
    sample: "const now = Date.now();",
    cleanSample: "const then = new Date(clock.now());",
    allowed: { "src/base/clock.ts": "it is the clock" },
  },
  {
    name: "randomness without a seed",
    covers: (file) => isProduct(file) || isTest(file),
    find: reads("Math.random"),
    sample: "const dice = Math.random();",
    cleanSample: "const dice = random.fraction();",
  },
  {
    name: "the environment, read outside the composition root",
    covers: isProduct,
    find: reads("process.env"),
    sample: "const home = process.env.HOME;",
    cleanSample: "const home = environment.HOME;",
    allowed: { "src/composition.ts": "it is the composition root" },
  },
];

const bansOfPlace: Ban[] = [
  {
    name: "an absolute path of one machine",
    covers: (file) => file !== "package-lock.json" && !isFixture(file),
    coversGenerated: true,
    find: pattern(/(?<![\w.)}~-])\/(?:(?:home|Users)\/[\w.-]+|(?:work|root)\/)/g),
    sample: `const path = "${["", "home", "ada", "keelson"].join("/")}";`,
    cleanSample: `import "../network/root/home.ts"; const url = "/api/home";`,
  },
  {
    name: "a package registry's host",
    covers: () => true,
    coversGenerated: true,
    find: pattern(/https?:\/\/[\w.-]*(?:registry|npm)[\w.-]*\.\w+|^registry\s*=|"resolved":/gm),
    sample: `"resolved": "somewhere"`,
    cleanSample: `"url": "https://github.com/sponsors/keelson"`,
  },
];

export const bans: readonly Ban[] = [
  ...bansOfShape,
  ...bansOfLanguage,
  ...bansOfTests,
  ...bansOfEffects,
  ...bansOfPlace,
];
