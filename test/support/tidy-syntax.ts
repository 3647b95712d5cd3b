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

/** Every node of a TypeScript file, parents before their children, each with the node that holds it. */
export function* syntaxNodes(text: string): Generator<{ node: SyntaxNode; parent: SyntaxNode | undefined }> {
  const pending: { node: SyntaxNode; parent: SyntaxNode | undefined }[] = [
    { node: parseAst(text, { lang: "ts" }) as unknown as SyntaxNode, parent: undefined },
  ];
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    yield entry;
    const parent = entry.node;
    const children = Object.values(parent).flat().filter(isNode);
    pending.push(...children.map((node) => ({ node, parent })).toReversed());
  }
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
