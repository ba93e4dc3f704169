// CodeMirror with the words of the scenario format; loaded only where a scenario is written.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { KEY_NAMES, OPERATION_WORDS, WRITTEN_DATA } from "@tdx/litmus";
import type { TextProblem } from "../model/play_scenario.ts";

const OPERATIONS = new Set(OPERATION_WORDS.map(({ word }) => word));
const ATOMS = new Set<string>([...KEY_NAMES, ...WRITTEN_DATA]);
const KEYWORDS = new Set(
  ("TDX platforms modes hosts policy seam-nr after any with exists forall expect mc td-mc retired " +
    "lost Never Sometimes Always").split(" "),
);

/** Colours only: what a text means is for the parser to say. */
const language = StreamLanguage.define<{ depth: number }>({
  name: "tdx",
  startState: () => ({ depth: 0 }),
  token(stream, state) {
    if (stream.match("(*")) state.depth++;
    if (state.depth > 0) {
      if (stream.match("*)")) state.depth--;
      else stream.next();
      return "comment";
    }
    if (stream.match(/\/\/.*/)) return "comment";
    if (stream.match(/"[^"]*"?/)) return "string";
    const word = (stream.match(/\w[\w.+-]*/) as RegExpMatchArray | null)?.[0];
    if (word === undefined) {
      stream.next();
      return null;
    }
    if (OPERATIONS.has(word)) return "typeName";
    if (ATOMS.has(word)) return "atom";
    return KEYWORDS.has(word) ? "keyword" : null;
  },
});

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--soft)" },
  { tag: tags.string, color: "var(--safe)" },
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: tags.typeName, color: "var(--alarm)" },
  { tag: tags.atom, color: "var(--violet)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "0.85rem" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-gutters": { background: "none", color: "var(--soft)", border: "none" },
  ".cm-activeLine": { background: "var(--paper)" },
  ".cm-cursor": { borderColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    background: "var(--host)",
  },
  ".cm-tooltip": {
    background: "var(--card)",
    color: "var(--ink)",
    border: "1px solid var(--rule)",
  },
});

/** An editor of one text. */
export interface CodeEditor {
  readonly setText: (text: string) => void;
  readonly setProblem: (problem: TextProblem | null) => void;
  readonly goTo: (problem: TextProblem) => void;
  readonly destroy: () => void;
}

/** What an editor is given. */
export interface CodeEditorOptions {
  readonly label: string;
  readonly onText: (text: string) => void;
  /** Ctrl or Command with Enter. */
  readonly onRun: () => void;
}

/** Makes an editor in an element. Its styles are adopted by a shadow root: no page must allow them. */
export function createEditor(
  parent: HTMLElement,
  { label, onText, onRun }: CodeEditorOptions,
): CodeEditor {
  const run = {
    key: "Mod-Enter",
    run: () => {
      onRun();
      return true;
    },
  };
  const root = parent.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    extensions: [
      keymap.of([run, ...defaultKeymap, ...historyKeymap]),
      history(),
      lineNumbers(),
      lintGutter(),
      drawSelection(),
      highlightActiveLine(),
      EditorView.lineWrapping,
      language,
      syntaxHighlighting(colours),
      look,
      EditorView.contentAttributes.of({ "aria-label": label }),
      EditorView.updateListener.of(({ docChanged, state }) => {
        if (docChanged) onText(state.doc.toString());
      }),
    ],
  });
  const placeOf = ({ line, column }: TextProblem) => {
    const { from, to } = view.state.doc.line(Math.min(line, view.state.doc.lines));
    return Math.min(from + column - 1, to);
  };
  return {
    setText(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    setProblem(problem) {
      if (problem === null) return view.dispatch(setDiagnostics(view.state, []));
      const at = placeOf(problem);
      const { from, to } = view.state.wordAt(at) ?? { from: at, to: at };
      const { message } = problem;
      view.dispatch(setDiagnostics(view.state, [{ from, to, severity: "error", message }]));
    },
    goTo(problem) {
      view.dispatch({ selection: { anchor: placeOf(problem) }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}
