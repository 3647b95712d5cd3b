import { layerViolation } from "./layers.ts";

/** The part of an ESTree node that this rule looks at. */
interface ImportingNode {
  readonly source?: { readonly value?: unknown } | null;
  readonly argument?: { readonly value?: unknown } | null;
}

interface RuleContext {
  readonly filename: string;
  report(finding: { readonly node: ImportingNode; readonly message: string }): void;
}

/** Reports every import, re-export, dynamic import and import type that breaks the layers of scripts/layers.ts. */
const imports = {
  meta: { type: "problem", docs: { description: "imports inside src/ go one way" } },
  create(context: RuleContext) {
    const check = (node: ImportingNode): void => {
      const specifier = node.source?.value ?? node.argument?.value;
      const message = typeof specifier === "string" ? layerViolation(context.filename, specifier) : undefined;
      if (message !== undefined) {
        context.report({ node, message });
      }
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

export default { meta: { name: "layers" }, rules: { imports } };
