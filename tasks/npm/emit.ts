import ts from "typescript";

/** A module for npm. */
export interface Emitted {
  /** The ES module. */
  readonly code: string;
  /** Its declarations. */
  readonly declarations: string;
  /** Files of the same package that it imports, relative to it, as they are named in the source. */
  readonly files: readonly string[];
  /** Modules of other packages that it imports. */
  readonly modules: readonly string[];
}

/** ES2022 is what Node 20 and browsers of its time run. */
const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  isolatedModules: true,
};

/**
 * Turns a module of this workspace into an ES module and its declarations, which name their
 * neighbours by `.js`. It is looked at alone: the workspace has isolated declarations.
 *
 * @param source TypeScript.
 * @param fileName Its name, for messages.
 * @returns The module and what it imports.
 * @throws {SyntaxError} Where declarations cannot be written without looking at other modules.
 */
export function emit(source: string, fileName: string): Emitted {
  const imports = ts.preProcessFile(source, true, true).importedFiles;
  const [files, modules] = [true, false].map((relative) =>
    imports.map(({ fileName }) => fileName).filter((name) => name.startsWith(".") === relative)
  );
  const options = { fileName, compilerOptions: COMPILER_OPTIONS, reportDiagnostics: true };
  const text = nameByJs(source, imports);
  const code = ts.transpileModule(text, options);
  const declarations = ts.transpileDeclaration(text, options);
  const [problem] = [code, declarations].flatMap(({ diagnostics }) => diagnostics ?? []);
  if (problem !== undefined) throw new SyntaxError(inWords(problem, fileName));
  return {
    code: code.outputText,
    declarations: declarations.outputText,
    files: files!,
    modules: modules!,
  };
}

function nameByJs(source: string, imports: readonly ts.FileReference[]): string {
  let text = source;
  for (const { fileName, pos } of [...imports].sort((a, b) => b.pos - a.pos)) {
    if (!fileName.startsWith(".")) continue;
    const start = pos + 1; // Behind the quote.
    const rest = text.slice(start + fileName.length);
    text = text.slice(0, start) + fileName.replace(/\.ts$/, ".js") + rest;
  }
  return text;
}

function inWords({ file, start = 0, messageText }: ts.Diagnostic, fileName: string): string {
  const { line, character } = file?.getLineAndCharacterOfPosition(start) ??
    { line: 0, character: 0 };
  const message = ts.flattenDiagnosticMessageText(messageText, " ");
  return `${fileName}:${line + 1}:${character + 1}: ${message}`;
}
