import { LineAutomaton, type LineAutomatonOptions, RULES, type RuleTable } from "@tdx/core";

const automata = new WeakMap<RuleTable, Map<string, LineAutomaton>>();

/**
 * The one line automaton of an environment. Problems share it: what one of them has had a line do
 * is not worked out again for the next one.
 */
export function lineAutomaton(environment: LineAutomatonOptions): LineAutomaton {
  const { mode, partialWriteToOwnedLine, rules = RULES } = environment;
  const ofRules = automata.get(rules) ?? new Map<string, LineAutomaton>();
  automata.set(rules, ofRules);
  const name = `${mode} ${partialWriteToOwnedLine}`;
  const automaton = ofRules.get(name) ?? new LineAutomaton(environment);
  ofRules.set(name, automaton);
  return automaton;
}
