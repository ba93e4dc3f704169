import { describeOperation, type Operation, type OperationKind, WRITES_DATA } from "@tdx/core";
import { clearOperation } from "@tdx/reclaim";
import {
  type KeyName,
  KEYS,
  type Problem,
  type Thread,
  type ThreadStep,
} from "../model/problem.ts";
import { comment, constant, keyConstant } from "./_promela_codes.ts";
import { keysInPlay, type PromelaMemory } from "./_promela_lines.ts";
import { isOutside, reads, refused } from "./_promela_operations.ts";

/** What the steps of a problem depend on. */
interface Context {
  readonly problem: Problem;
  /** Whether a `clear` step clears. */
  readonly clear: boolean;
  readonly memory: PromelaMemory;
}

/** The program counters and registers as variables. */
export function promelaCounters({ threads, registers }: Problem): string {
  const counters = threads.flatMap((thread, i) => {
    if (!hasCounter(threads, i)) return [];
    const end = endOf(thread);
    const bits = Math.max(1, Math.ceil(Math.log2(end + 1)));
    return [`unsigned pc_${i} : ${bits}; ${comment(`${thread.name}, ends at ${end}`)}`];
  });
  return [
    ...counters,
    ...registers.map((name, i) => `unsigned reg_${i} : 3; ${comment(name)}`),
  ].join("\n");
}

/** An expression that says whether every program has ended; an endless thread has none. */
export function promelaEnded({ threads }: Problem): string {
  const ends = threads.map((thread, i) => `pc_${i} == ${endOf(thread)}`);
  return ends.filter((_, i) => hasCounter(threads, i)).join(" && ") || "true";
}

/** One option of the loop for each thing that can happen next. */
export function promelaSteps(problem: Problem, clear: boolean, memory: PromelaMemory): string[] {
  const context = { problem, clear, memory };
  return [
    ...problem.threads.flatMap((_, thread) => threadOptions(context, thread)),
    ...problem.lines.flatMap((_, line) => spontaneousOptions(context, line)),
  ];
}

function threadOptions(context: Context, index: number): string[] {
  const { threads } = context.problem;
  const thread = threads[index]!;
  const after = startGuards(threads, thread);
  const pc = `pc_${index}`;
  if (thread.kind === "sequence") {
    return thread.steps.map((step, i) => {
      const advance = [
        ...perform(context, step, thread),
        ...(step.register === undefined ? [] : [`reg_${step.register} = value`]),
        dies(step, thread)
          ? `${pc} = (consumed -> ${endOf(thread)} : ${i + 1})`
          : `${pc} = ${i + 1}`,
      ];
      return option(stepComment(step, thread), [`${pc} == ${i}`, ...after], advance);
    });
  }
  const counted = hasCounter(threads, index);
  const going = counted ? [`${pc} == 0`, ...after] : after;
  const steps = thread.steps.filter((step) => step.operation !== "clear" || context.clear);
  return [
    ...steps.map((step) =>
      option(stepComment(step, thread), going, [
        ...perform(context, step, thread),
        ...(counted && dies(step, thread) ? [`${pc} = consumed`] : []),
      ])
    ),
    ...(counted ? [option(`${thread.name} ends`, going, [`${pc} = 1`])] : []),
  ];
}

/** Evictions under every key in play, and the host's speculative reads. */
function spontaneousOptions({ problem, clear, memory }: Context, line: number): string[] {
  const on = (key: KeyName, kind: "evict" | "prefetch", by: "cache" | "host", guard: string[]) => {
    const operation: Operation = { kind, by, key: KEYS[key] };
    const using = memory.retired ? [...guard, `!l${line}.retired`] : guard;
    const text = `${describeOperation(operation)}, line ${line}`;
    return option(text, [...using, ...programmed(problem, key)], apply(operation, key, line));
  };
  return [
    ...keysInPlay(problem, line, clear).map((key) =>
      on(key, "evict", "cache", [`l${line}.present_${KEYS[key].keyId}`])
    ),
    ...problem.speculation.map((key) => on(key, "prefetch", "host", [])),
  ];
}

/** A KeyID has one key at a time: that of `td` until a thread that uses `td2` may start. */
function programmed({ threads }: Problem, key: KeyName): string[] {
  const users = threads.filter(({ steps }) => steps.some((step) => step.key === "td2"));
  if (users.length === 0 || (key !== "td" && key !== "td2")) return [];
  const started = users.map((user) => `(${startGuards(threads, user).join(" && ") || "true"})`);
  return [`${key === "td" ? "!" : ""}(${started.join(" || ")})`];
}

/** What must have ended before a thread starts. */
function startGuards(threads: readonly Thread[], { after }: Thread): string[] {
  return after.map((other) => `pc_${other} == ${endOf(threads[other]!)}`);
}

/** What a step does: nothing where the policy skips its clear or the page is retired. */
function perform({ clear, memory }: Context, step: ThreadStep, thread: Thread): string[] {
  if (step.operation === "clear" && !clear) return ["skip"];
  const operation = operationOf(step, thread);
  const line = `l${step.line}`;
  const done = [
    ...apply(operation, step.key, step.line),
    ...observe(operation, line, memory),
  ];
  if (!memory.retired) return done;
  return [`if
     :: !${line}.retired ->
        ${done.join(";\n        ")}
     :: else
     fi`];
}

/** The operation on a line: its copy taken in hand, what happens, the copy put back. */
export function apply(operation: Operation, key: KeyName, line: number): string[] {
  if (refused(operation)) return ["skip"];
  const { kind, data = "zeros" } = operation;
  const { keyId } = KEYS[key];
  const args = [`l${line}`, keyConstant(key), ...(WRITES_DATA.has(kind) ? [constant(data)] : [])];
  return [
    `take_${keyId}(l${line})`,
    `${inlineName(kind)}(${args.join(", ")})`,
    `put_${keyId}(l${line})`,
  ];
}

/** Promela has no hyphens in names, and `poison` is a field of a line there. */
function inlineName(kind: OperationKind): string {
  return kind === "poison" ? "poison_cell" : kind.replaceAll("-", "_");
}

/** The events that follow, and what is remembered. */
function observe(operation: Operation, line: string, memory: PromelaMemory): string[] {
  const { by, key } = operation;
  if (refused(operation)) return [];
  const outside = isOutside(by);
  const copy = `${line}.present_${key.keyId}`;
  const holds = `(${copy} -> ${line}.data_${key.keyId} : ${line}.data) == HOST`;
  const missed = "value != 0 && value != HOST && value != POISON";
  return [
    ...(reads(operation) && outside ? ["secret_read = secret_read || value == SECRET"] : []),
    ...(operation.kind === "load"
      ? [by === "host" ? "host_mc = consumed" : "td_mc = td_mc || consumed"]
      : []),
    ...(operation.kind === "load" && by === "td" && memory.retired === "consumed"
      ? [`${line}.retired = consumed`]
      : []),
    ...(operation.kind === "poison" && memory.retired === "logged"
      ? [`${line}.retired = true`]
      : []),
    ...(reads(operation) && outside && memory.lost
      ? [`${line}.lost = ${line}.lost || (${line}.host_wrote && ${missed})`]
      : []),
    ...(outside && memory.lost && operation.data !== undefined
      ? [`${line}.host_wrote = (${holds})`]
      : []),
  ];
}

function operationOf({ operation, key, data }: ThreadStep, { agent }: Thread): Operation {
  if (operation === "clear") return clearOperation(KEYS[key]);
  return { kind: operation, by: agent, key: KEYS[key], ...(data === undefined ? {} : { data }) };
}

/** A TD that consumes poison is dead. */
function dies(step: ThreadStep, { agent }: Thread): boolean {
  return agent === "td" && step.operation === "load";
}

function option(text: string, guard: readonly string[], effects: readonly string[]): string {
  const when = ["!host_mc", ...guard].join(" && ");
  return `  ${comment(text)}\n  :: d_step { ${when} ->\n     ${
    [...effects, "forget()"].join(";\n     ")
  } }`;
}

function stepComment(step: ThreadStep, thread: Thread): string {
  const what = step.operation === "clear" ? "clear" : describeOperation(operationOf(step, thread));
  return `${thread.name}: ${what}, line ${step.line}`;
}

/** An endless thread that nobody waits for needs no counter. */
function hasCounter(threads: readonly Thread[], index: number): boolean {
  return threads[index]!.kind === "sequence" || threads.some(({ after }) => after.includes(index));
}

function endOf({ kind, steps }: Thread): number {
  return kind === "any" ? 1 : steps.length;
}
