/** Mistakes, one at a time, that somebody could make in a file. */
import ts from "typescript";

/** A mistake: what stands in place of a part of a file. */
export interface Mutant {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const { SyntaxKind } = ts;

/** What an operator is taken for. */
const OPERATORS: Readonly<Partial<Record<ts.SyntaxKind, readonly string[]>>> = {
  [SyntaxKind.AmpersandAmpersandToken]: ["||"],
  [SyntaxKind.BarBarToken]: ["&&"],
  [SyntaxKind.EqualsEqualsEqualsToken]: ["!=="],
  [SyntaxKind.ExclamationEqualsEqualsToken]: ["==="],
  [SyntaxKind.LessThanToken]: ["<=", ">="],
  [SyntaxKind.LessThanEqualsToken]: ["<", ">"],
  [SyntaxKind.GreaterThanToken]: [">=", "<="],
  [SyntaxKind.GreaterThanEqualsToken]: [">", "<"],
  [SyntaxKind.PlusToken]: ["-"],
  [SyntaxKind.MinusToken]: ["+"],
  [SyntaxKind.AsteriskToken]: ["/"],
  [SyntaxKind.SlashToken]: ["*"],
  [SyntaxKind.AmpersandToken]: ["|"],
  [SyntaxKind.BarToken]: ["&"],
  [SyntaxKind.LessThanLessThanToken]: [">>"],
  [SyntaxKind.PlusEqualsToken]: ["-="],
  [SyntaxKind.MinusEqualsToken]: ["+="],
};

/** What a name is taken for. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["some", "every"],
  ["every", "some"],
  ["min", "max"],
  ["max", "min"],
  ["floor", "ceil"],
  ["ceil", "floor"],
]);

/** A word that stands for another of its kind, in place of it. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["exclusive", "shared"],
  ["shared", "exclusive"],
]);

/** All mistakes of {@link OPERATORS} and the like in a file, in the order of their places. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const replace = (node: ts.Node, ...texts: readonly string[]) => {
    for (const text of texts) {
      if (text === node.getText(tree)) continue;
      found.push({ file, start: node.getStart(tree), end: node.getEnd(), text });
    }
  };
  const text = (node: ts.Node) => node.getText(tree);

  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    // What an error says is for people; that there is one is not.
    if (ts.isThrowStatement(node)) return;
    // How a page looks, somebody sees.
    if (ts.isJsxAttribute(node) && node.initializer?.kind === SyntaxKind.StringLiteral) return;
    if (ts.isBinaryExpression(node)) {
      const isText = [node.left, node.right].some((side) =>
        ts.isStringLiteralLike(side) || ts.isTemplateExpression(side)
      );
      const operators = OPERATORS[node.operatorToken.kind] ?? [];
      if (!isText) replace(node.operatorToken, ...operators);
      if (node.operatorToken.kind === SyntaxKind.QuestionQuestionToken) {
        replace(node, text(node.left), text(node.right));
      }
    } else if (ts.isIfStatement(node) || ts.isWhileStatement(node)) {
      replace(node.expression, `!(${text(node.expression)})`);
    } else if (ts.isConditionalExpression(node)) {
      replace(node, `(${text(node.whenTrue)})`, `(${text(node.whenFalse)})`);
    } else if (ts.isPrefixUnaryExpression(node)) {
      if (node.operator === SyntaxKind.ExclamationToken) replace(node, text(node.operand));
      if (node.operator === SyntaxKind.PlusPlusToken) replace(node, `--${text(node.operand)}`);
    } else if (ts.isPostfixUnaryExpression(node)) {
      const isUp = node.operator === SyntaxKind.PlusPlusToken;
      replace(node, `${text(node.operand)}${isUp ? "--" : "++"}`);
    } else if (ts.isExpressionStatement(node)) {
      replace(node, ";");
    } else if (ts.isNumericLiteral(node)) {
      replace(node, `(${text(node)} + 1)`);
    } else if (ts.isBigIntLiteral(node)) {
      replace(node, `(${text(node)} + 1n)`);
    } else if (node.kind === SyntaxKind.TrueKeyword) {
      replace(node, "false");
    } else if (node.kind === SyntaxKind.FalseKeyword) {
      replace(node, "true");
    } else if (ts.isStringLiteral(node) && !ts.isPropertyAssignment(node.parent.parent ?? node)) {
      const isName = ts.isPropertyAssignment(node.parent) && node.parent.name === node;
      if (!isName && !node.text.includes(" ")) {
        replace(node, JSON.stringify(WORDS.get(node.text) ?? ""));
      }
    } else if (ts.isArrayLiteralExpression(node) && node.elements.length > 0) {
      replace(node, "[]");
    } else if (ts.isPropertyAccessExpression(node)) {
      const other = NAMES.get(node.name.text);
      if (other !== undefined) replace(node.name, other);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found.sort((a, b) => a.start - b.start);
}
