import { parseAst } from "rolldown/parseAst";

/** A node of the syntax tree, as far as the bans look at it. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

/** Lines a function may span, its signature and closing brace included. */
const functionLines = 70;

interface HeldNode {
  readonly node: SyntaxNode;
  /** The node that holds it; undefined for the file itself. */
  readonly parent: SyntaxNode | undefined;
}

/** Many bans read the same files. */
const parsed = new Map<string, readonly HeldNode[]>();

/** Every node of a TypeScript file, parents before their children. */
export function syntaxNodes(text: string): readonly HeldNode[] {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const nodes: HeldNode[] = [{ node: parseAst(text, { lang: "ts" }) as unknown as SyntaxNode, parent: undefined }];
  // The list grows while it is walked.
  for (const { node: parent } of nodes) {
    for (const node of Object.values(parent).flat().filter(isNode)) nodes.push({ node, parent });
  }
  parsed.set(text, nodes);
  return nodes;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The dotted name of what is called or read, such as `Date.now`; undefined where it is not a plain name. */
export function dottedName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier") return String(node["name"]);
  if (node.type !== "MemberExpression") return undefined;
  const object = dottedName(node["object"]);
  const property = isNode(node["property"]) ? (node["property"]["name"] ?? node["property"]["value"]) : undefined;
  return object === undefined || typeof property !== "string" ? undefined : `${object}.${property}`;
}

export function isCallTo(node: SyntaxNode, name: RegExp): boolean {
  return node.type === "CallExpression" && name.test(dottedName(node["callee"]) ?? "");
}

/** Whether a function is too long. The body of a `describe` is a list of tests, not one function. */
export function isLongFunction(node: SyntaxNode, parent: SyntaxNode | undefined, text: string): boolean {
  const isFunction = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
  const isSuite = parent !== undefined && isCallTo(parent, /^describe\b/);
  return isFunction && !isSuite && text.slice(node.start, node.end).split("\n").length > functionLines;
}
