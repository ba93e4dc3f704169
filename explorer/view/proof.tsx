import { showCount } from "@tdx/core";
import { linux, LINUX_HISTORY, NEWEST_LINUX } from "@tdx/linux";
import { linuxTeardown, parseTeardown, proveTeardown, type TeardownProof } from "@tdx/litmus";
import { TEARDOWN_PATHS, type TeardownPath } from "@tdx/reclaim";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { platformOf } from "../model/platforms.ts";
import { Choice } from "./settings_bar.tsx";

const VERSIONS = [...new Set([...LINUX_HISTORY.map(({ from }) => from), NEWEST_LINUX])];
const PATH_WORDS: Readonly<Record<TeardownPath, string>> = {
  dynamic: "dynamic, pages first: mainline",
  terminate: "terminate, key first: proposed",
};

/** What the proof is given. */
export interface ProofProps {
  /** Name of the platform whose lines it is about. */
  readonly platform: string;
}

/** The whole teardown of a small TD: what holds in every interleaving with any single failure. */
export function Proof({ platform }: ProofProps): JSX.Element {
  const [version, setVersion] = useState(NEWEST_LINUX);
  const [path, setPath] = useState<TeardownPath>("dynamic");
  const [proof, setProof] = useState<TeardownProof | null>(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    setProof(null);
    setSaid("Exploring …");
    proveTeardown(parseTeardown(linuxTeardown(linux(version), path)), {
      platforms: [platformOf(platform)],
      signal,
      onProgress: (states) => signal.aborted || setSaid(`Exploring: ${showCount(states)} states …`),
    }).then(
      (found) => signal.aborted || setProof(found),
      (error) => signal.aborted || setSaid(error.message),
    );
    return () => controller.abort();
  }, [platform, version, path]);
  return (
    <>
      <div class="settings">
        <Choice
          label="Linux"
          value={version}
          values={VERSIONS}
          words={(name) => `Linux ${name}`}
          onChange={setVersion}
        />
        <Choice
          label="Path"
          value={path}
          values={TEARDOWN_PATHS}
          words={(name) => PATH_WORDS[name]}
          onChange={setPath}
        />
      </div>
      {proof === null ? <p role="status">{said}</p> : <Properties proof={proof} />}
    </>
  );
}

function Properties({ proof: { properties, bound, states, depth } }: {
  readonly proof: TeardownProof;
}): JSX.Element {
  const { pages, vcpus, packages, faults, busy } = bound;
  return (
    <>
      <ul class="properties">
        {properties.map(({ id, text, counterexample }) => (
          <li key={id}>
            {counterexample === null ? <b class="right">holds</b> : <b class="wrong">broken</b>}
            {" "}
            {text}
            {counterexample !== null && (
              <details>
                <summary>{counterexample.harm} {counterexample.steps.length} steps.</summary>
                <ol>
                  {counterexample.steps.map(({ by, what, status, injected, line }, i) => (
                    <li key={i}>
                      {by}: {what}
                      {status !== null && ` → ${status}`}
                      {injected && <b class="wrong">, injected</b>}
                      {line !== null && <small>line: {line}</small>}
                    </li>
                  ))}
                </ol>
              </details>
            )}
          </li>
        ))}
      </ul>
      <p class="hint">
        {showCount(states, "state")}, the farthest {depth} steps away. The machine has {pages}{" "}
        guest pages, {vcpus} vCPUs and {packages} packages; at most {faults}{" "}
        SEAMCALL fails where Linux does not expect it, and {busy}{" "}
        is busy or interrupted. What needs more is not found. <code>tdx prove</code> goes further.
      </p>
    </>
  );
}
