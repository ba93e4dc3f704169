// Ask a question of your own about a line, in the scenario language, and get the shortest way to it.
import { parseScenario, runScenario, traceText } from "@tdx/litmus";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";

const text = `TDX partial-write-of-a-device
"The page comes back uncleared, a device writes a part of a line, and the host loads it."
{ X = td secret }
policy never
reclaim    | device after reclaim     | host after device ;
cache-wb X | dma-partial-write X host | load X -> r0      ;
clear X    |                          |                   ;
exists (mc)
expect spr: Always
expect: Never`;

const platforms = [spr, gnr];
const scenario = parseScenario(text, { platforms, file: "examples/scenario.ts" });
console.log(scenario.sentence);
for (const platform of platforms) {
  const { observation, ok, exploration, trace } = await runScenario(scenario, { platform });
  console.log(`\n${platform.title}: ${observation}${ok ? ", as expected" : ", not as expected"}`);
  console.log(`${exploration.states} states; ${trace.length === 0 ? "no way there" : "one way:"}`);
  if (trace.length > 0) console.log(traceText(trace));
}

// The same line as another kernel leaves it: up to 6.17 Linux clears every page.
const { observation } = await runScenario(scenario, { platform: spr, kernel: "6.17" });
console.log(`\nSapphire Rapids, cleared as by Linux 6.17: ${observation}`);
