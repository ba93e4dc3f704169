import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { TextProblem } from "../model/play_scenario.ts";
import type { CodeEditor } from "./code_editor.ts";

/** What the editor is given. */
export interface ScenarioEditorProps {
  readonly text: string;
  readonly problem: TextProblem | null;
  readonly onText: (text: string) => void;
  readonly onRun: () => void;
}

/** The text of a scenario, with what is wrong marked at its place. */
export function ScenarioEditor(props: ScenarioEditorProps): JSX.Element {
  const { text, problem } = props;
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | null>(null);
  // What the editor calls is that of the last drawing, not of the first.
  const latest = useRef(props);
  latest.current = props;
  const show = () => {
    const { text, problem } = latest.current;
    editor.current?.setText(text);
    editor.current?.setProblem(problem);
  };
  useEffect(() => {
    let gone = false;
    import("./code_editor.ts").then(({ createEditor }) => {
      if (gone) return;
      editor.current = createEditor(place.current!, {
        label: "Scenario",
        // What the page has put there it knows already.
        onText: (text) => text === latest.current.text || latest.current.onText(text),
        onRun: () => latest.current.onRun(),
      });
      show();
    });
    return () => {
      gone = true;
      editor.current?.destroy();
    };
  }, []);
  useEffect(show, [text, problem]);
  return (
    <>
      <div class="code" ref={place} />
      <p class="checked" role="status">
        {problem === null ? <span class="right">✓ reads as a scenario</span> : (
          <button
            type="button"
            class="problem"
            onClick={() => editor.current?.goTo(problem)}
          >
            {problem.line}:{problem.column}: {problem.message}
          </button>
        )}
      </p>
    </>
  );
}
