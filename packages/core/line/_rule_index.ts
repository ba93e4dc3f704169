import { matches } from "../condition.ts";
import type { Access } from "../key.ts";
import type { LineMemory } from "./line_state.ts";
import type {
  CacheRule,
  CacheRuleId,
  LineEnvironment,
  Owner,
  ReadRule,
  WriteRule,
} from "./rules.ts";

/** Which row of an environment's table applies: looked up once for each set of facts. */
export class RuleIndex {
  readonly caches: ReadonlyMap<CacheRuleId, CacheRule>;
  readonly #environment: LineEnvironment;
  readonly #reads: (ReadRule | undefined)[] = [];
  readonly #writes: (WriteRule | undefined)[] = [];

  constructor(environment: LineEnvironment) {
    this.#environment = environment;
    this.caches = new Map(environment.rules.caches.map((rule) => [rule.id, rule]));
  }

  read(access: Access, integrity: boolean, line: LineMemory): ReadRule | undefined {
    const { owner, macMatches, poison } = line;
    const poisoned = poison !== null;
    const index = Number(poisoned) | owner << 1 | Number(macMatches) << 2 |
      Number(integrity) << 3 | Number(access === "private") << 4;
    return this.#reads[index] ??= this.#environment.rules.reads.find(({ when }) =>
      matches(when, {
        poisoned,
        mode: this.#environment.mode,
        access,
        integrity,
        owner,
        mac: macMatches ? "match" : "mismatch",
      })
    );
  }

  write(
    width: "full" | "partial",
    access: Access,
    integrity: boolean,
    owner: Owner,
  ): WriteRule | undefined {
    const index = owner | Number(width === "full") << 1 | Number(integrity) << 2 |
      Number(access === "private") << 3;
    const partialWrite = this.#environment.partialWriteToOwnedLine;
    return this.#writes[index] ??= this.#environment.rules.writes.find(({ when }) =>
      matches(when, { width, access, integrity, owner, partialWrite })
    );
  }
}

const indexes = new WeakMap<LineEnvironment, RuleIndex>();

/** The index of an environment. */
export function ruleIndex(environment: LineEnvironment): RuleIndex {
  let index = indexes.get(environment);
  if (index === undefined) indexes.set(environment, index = new RuleIndex(environment));
  return index;
}
