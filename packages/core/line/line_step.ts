import type { Key } from "../key.ts";
import { type RuleIndex, ruleIndex } from "./_rule_index.ts";
import type { CachedCopy, LineMemory, LineState } from "./line_state.ts";
import { DATA, type Data, type Operation, type OperationKind, type Poison } from "./operation.ts";
import type {
  CacheRule,
  CacheRuleId,
  LineEnvironment,
  ReadRule,
  RuleId,
  WriteRule,
} from "./rules.ts";

/** What an operation did to a line. */
export interface LineOutcome {
  /** What the reader got; `null` where nothing was read. */
  readonly data: Data | "poison" | null;
  /** The rules that fired, in order; the last one decided. */
  readonly rules: readonly RuleId[];
  /** Whether executing software consumed poison: a machine check. */
  readonly machineCheck: boolean;
  /** Whether a failed check made poison, which the memory controller logs as UCNA, without exception. */
  readonly logged: boolean;
  /** Whether poison that was in memory is gone. */
  readonly cleared: boolean;
  /** Whether the access was refused and changed nothing (W6, F1). */
  readonly refused: boolean;
}

const DEVICE_KINDS: ReadonlySet<OperationKind> = new Set(
  ["dma-read", "dma-write", "dma-partial-write"],
);

/**
 * Applies one operation to one line by the rules.
 *
 * @param before The line; not changed.
 * @param operation What happens.
 * @param environment Mode, platform behaviour and rules.
 * @returns The line afterwards and what was observed.
 * @throws {RangeError} If no rule covers the operation, as a partial write under a private KeyID.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, LineAutomaton, RULES, stepLine } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const { state, outcome } = stepLine(
 *   LineAutomaton.fresh(keyIds.key(0)),
 *   { kind: "movdir64b", by: "module", key: keyIds.key(33), data: "secret" },
 *   { mode: "Li", partialWriteToOwnedLine: "merge", rules: RULES },
 * );
 * assertEquals([state.memory.owner, outcome.rules], [1, ["K5", "W1"]]);
 * ```
 */
export function stepLine(
  before: LineState,
  operation: Operation,
  environment: LineEnvironment,
): { state: LineState; outcome: LineOutcome } {
  return new Step(before, operation, environment).run();
}

/** What an access works on when no rule lets it read. */
const UNREAD = { data: null, poison: null };

/** One step in progress: the line being changed and what has been observed so far. */
class Step {
  #memory: LineMemory;
  #copy: CachedCopy | undefined;
  /** The copy as it was before. */
  readonly #found: CachedCopy | undefined;
  readonly #rules: RuleIndex;
  readonly #key: Key;
  readonly #written: Data;
  readonly #fired: RuleId[] = [];
  #read: Data | "poison" | null = null;
  #machineCheck = false;
  #logged = false;

  constructor(
    readonly before: LineState,
    readonly operation: Operation,
    readonly environment: LineEnvironment,
  ) {
    this.#memory = before.memory;
    this.#key = operation.key;
    this.#written = operation.data ?? "zeros";
    this.#found = before.copies.find((copy) => copy.keyId === operation.key.keyId);
    this.#copy = this.#found;
    this.#rules = ruleIndex(environment);
  }

  run(): { state: LineState; outcome: LineOutcome } {
    const refusal = this.#refusal();
    if (refusal === undefined) this.#perform(this.operation.kind);
    else this.#fired.push(refusal);
    return {
      state: this.#after(),
      outcome: {
        data: this.#read,
        rules: this.#fired,
        machineCheck: this.#machineCheck,
        logged: this.#logged,
        cleared: this.before.memory.poison !== null && this.#memory.poison === null,
        refused: refusal !== undefined,
      },
    };
  }

  /** The line as it is now: the same object where nothing has changed. */
  #after(): LineState {
    const { memory, copies } = this.before;
    if (this.#copy === this.#found) {
      return this.#memory === memory ? this.before : { memory: this.#memory, copies };
    }
    const others = copies.filter((copy) => copy !== this.#found);
    if (this.#copy === undefined) return { memory: this.#memory, copies: others };
    const now = [...others, this.#copy].sort((a, b) => a.keyId - b.keyId);
    return { memory: this.#memory, copies: now };
  }

  #refusal(): "W6" | "F1" | undefined {
    if (this.#key.access === "shared") return undefined;
    if (DEVICE_KINDS.has(this.operation.kind)) return "W6";
    return this.operation.by === "host" ? "F1" : undefined;
  }

  #perform(kind: OperationKind): void {
    switch (kind) {
      case "load":
        this.#access("K1");
        this.#read = this.#copy!.poison === null ? this.#copy!.data : "poison";
        this.#machineCheck = this.#copy!.poison !== null;
        return;
      case "store":
        this.#access("K1");
        this.#copy = {
          ...this.#copy!,
          data: this.#copy!.poison === null ? merge(this.#copy!.data!, this.#written) : null,
          dirty: true,
        };
        return;
      case "prefetch":
        this.#access("K8");
        return;
      case "movdir64b":
        this.#cacheEvent("K5");
        this.#write("full", this.#written);
        return;
      case "evict":
        return this.#cacheEvent("K3");
      case "clflush":
        return this.#cacheEvent("K4");
      case "cache-wb":
        return this.#cacheEvent("K6");
      case "page-wbinvd":
        return this.#cacheEvent("K7");
      case "partial-write":
      case "dma-partial-write":
        // A5: coherent within the KeyID; the flushed copy reaches memory before the bytes do.
        this.#cacheEvent("K4", false);
        return this.#write("partial", this.#written);
      case "dma-read":
        return this.#deviceRead();
      case "dma-write":
        // A5: the whole line is replaced, so its copy is dropped without being written back.
        this.#copy = undefined;
        return this.#write("full", this.#written);
      case "poison":
        return this.#poisonMemory("hardware-transient");
      case "poison-stuck":
        return this.#poisonMemory("hardware-stuck");
      case "corrupt":
        if (this.#memory.poison === null) {
          this.#memory = { ...this.#memory, key: null, data: "garbage", macMatches: false };
        }
        return;
    }
  }

  /** A cached access: by a hit, or by a fill under the given rule. */
  #access(fillRule: "K1" | "K8"): void {
    const hit = this.#copy !== undefined;
    const rule = this.#cacheRule(hit ? "K2" : fillRule);
    this.#fired.push(rule.id);
    if (hit && !rule.fills) {
      if (this.#copy!.poison !== null) this.#fired.push("R0");
      return;
    }
    const { data, poison } = rule.fills ? this.#readMemory() : UNREAD;
    this.#copy = {
      keyId: this.#key.keyId,
      data: poison !== null && rule.poisonTravels ? null : data ?? "zeros",
      dirty: false,
      poison: rule.poisonTravels ? poison : null,
    };
  }

  /** Writes back and drops the copy under the operation's KeyID, as the rule says. */
  #cacheEvent(id: CacheRuleId, named = true): void {
    const copy = this.#copy;
    const rule = this.#cacheRule(id);
    if (named && (copy !== undefined || id === "K5")) this.#fired.push(id);
    if (copy === undefined) return;
    if (copy.dirty && rule.writesBack) {
      this.#write("full", copy.data, rule.poisonTravels ? copy.poison : null);
      this.#copy = { ...copy, dirty: false };
    }
    if (rule.drops) this.#copy = undefined;
  }

  #deviceRead(): void {
    if (this.#copy !== undefined) {
      this.#fired.push("K2");
      this.#read = this.#copy.poison === null ? this.#copy.data : "poison";
      return;
    }
    const { data, poison } = this.#readMemory();
    this.#read = poison === null ? data : "poison";
  }

  /** A read by the memory controller: the read rules, with their effect on the line. */
  #readMemory(): { data: Data | null; poison: Poison | null } {
    const memory = this.#memory;
    const rule = this.#readRule();
    this.#fired.push(rule.id);
    if (rule.poisons) {
      this.#poisonMemory("integrity");
      this.#logged = true;
    }
    if (rule.data === "poison") return { data: null, poison: memory.poison ?? "integrity" };
    const data = rule.data === "zeros" ? "zeros" : decrypt(memory, this.#key);
    return { data, poison: rule.poisons ? this.#memory.poison : null };
  }

  /** A write by the memory controller; a copy that is written back may carry poison. */
  #write(width: "full" | "partial", data: Data | null, poison: Poison | null = null): void {
    const rule = this.#writeRule(width);
    const under = rule.underFill ? this.#readMemory().data : null;
    this.#fired.push(rule.id);
    if (rule.poison === "set") this.#poisonMemory("partial-write");

    const before = this.#memory;
    const stays = rule.poison !== "cleared" || before.poison === "hardware-stuck";
    const owner = rule.owner === "unchanged" ? before.owner : rule.owner;
    const left = (stays ? before.poison : null) ?? poison;
    if (left !== null) {
      this.#memory = { key: null, data: null, owner, macMatches: false, poison: left };
      return;
    }
    const macMatches = this.#macAfter(rule);
    const written = rule.owner === "unchanged"
      ? before
      : encrypted(this.#key, under === null || data === null ? data : merge(under, data));
    this.#memory = { key: written.key, data: written.data, owner, macMatches, poison: null };
  }

  #macAfter(rule: WriteRule): boolean {
    switch (rule.mac) {
      case "unchanged":
        return this.#memory.macMatches;
      case "none":
        return false;
      case "new":
        return this.environment.mode === "Ci";
      case "by-key":
        return this.#hasIntegrity();
    }
  }

  #poisonMemory(origin: Poison): void {
    const poison = origin === "hardware-stuck" ? origin : this.#memory.poison ?? origin;
    this.#memory = { ...this.#memory, key: null, data: null, macMatches: false, poison };
  }

  #hasIntegrity(): boolean {
    return this.environment.mode === "Ci" && this.#key.integrity;
  }

  #readRule(): ReadRule {
    return this.#rules.read(this.#key.access, this.#hasIntegrity(), this.#memory) ??
      uncovered(this.operation);
  }

  #writeRule(width: "full" | "partial"): WriteRule {
    const { owner } = this.#memory;
    return this.#rules.write(width, this.#key.access, this.#hasIntegrity(), owner) ??
      uncovered(this.operation);
  }

  #cacheRule(id: CacheRuleId): CacheRule {
    return this.#rules.caches.get(id) ?? uncovered(this.operation);
  }
}

function decrypt(memory: LineMemory, key: Key): Data | null {
  if (memory.key === null) return memory.data;
  const same = memory.key.keyId === key.keyId && memory.key.generation === key.generation;
  return same ? memory.data : "garbage";
}

function merge(under: Data, written: Data): Data {
  return DATA.indexOf(under) > DATA.indexOf(written) ? under : written;
}

/** Garbage is garbage under any key. */
function encrypted(key: Key, written: Data | null): Pick<LineMemory, "key" | "data"> {
  const data = written ?? "zeros";
  return { key: data === "garbage" ? null : key, data };
}

function uncovered(operation: Operation): never {
  throw new RangeError(
    `Expected an operation that the rules cover, got ${operation.by} ${operation.kind} ` +
      `with the ${operation.key.access} KeyID ${operation.key.keyId}`,
  );
}
