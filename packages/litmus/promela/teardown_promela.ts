import { LineAutomaton, type Platform, RULES, TDX_PW_MCE } from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import { clearOperation } from "@tdx/reclaim";
import { LineSets } from "../teardown/_line_sets.ts";
import { type Program, programOf, type Teardown } from "../teardown/parse_teardown.ts";
import { HOLDER, type SystemOptions, TeardownSystem } from "../teardown/_system.ts";
import { TEARDOWN_PROPERTIES } from "../teardown/properties.ts";
import {
  BOUND_OPTIONS,
  LIMIT_OPTIONS,
  requireBound,
  runWithin,
  type TeardownBound,
  type TeardownLimits,
} from "../teardown/_exploration.ts";
import { World } from "../teardown/_world.ts";
import { Threads } from "../teardown/_threads.ts";
import { KEYS } from "../model/problem.ts";
import { comment, promelaCodes } from "./_promela_codes.ts";
import { copyInlines, lineType, PROMELA_IN_HAND } from "./_promela_lines.ts";
import { PROMELA_OPERATIONS } from "./_promela_operations.ts";
import { promelaRules } from "./_promela_rules.ts";
import {
  lineInlines,
  lineProcesses,
  lineWork,
  option,
  TEARDOWN_KEY_IDS,
  TEARDOWN_KEYS,
} from "./_teardown_lines.ts";
import { ANSWERS, ModuleTables } from "./_teardown_tables.ts";
import { PAGE_WORK, PromelaThreads } from "./_teardown_threads.ts";

/** What a Promela model of a teardown is about. */
export interface TeardownPromelaOptions extends TeardownBound, TeardownLimits {
  /** The platform whose lines are followed. */
  readonly platform: Platform;
}

const OPTIONS: readonly (keyof TeardownPromelaOptions)[] = [
  "platform",
  ...BOUND_OPTIONS,
  ...LIMIT_OPTIONS,
];

/**
 * Writes a teardown as a Promela model, for SPIN to interleave the threads, the guest, the caches, the
 * host and the next TDs by itself, step by step.
 *
 * The module's answers are tables, found by exploring the teardown without lines; lines are fields and
 * the rows of the rule table, as in {@link toPromela}. One line is followed, of any page: SPIN chooses
 * it first, or `spin -DLINE=N` says it; `-DMODE=CI` is the other integrity mode. Each property is an
 * assertion, told by its name.
 *
 * @param teardown The teardown.
 * @param options Size, failures, platform.
 * @returns The model's text.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If a number is out of range.
 * @throws {StateLimitError} If there are more states than the limit, the lines apart.
 * @throws The signal's reason, if it was aborted.
 *
 * @example
 * ```ts
 * import { parseTeardown, teardownToPromela } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const teardown = parseTeardown("TEARDOWN hasty thread zap { each page in guest { return page } }");
 * const model = await teardownToPromela(teardown, { platform: spr, pages: 1, vcpus: 1, packages: 1 });
 * assertStringIncludes(model, "return_page(item_0_0)");
 * ```
 */
export async function teardownToPromela(
  teardown: Teardown,
  options: TeardownPromelaOptions,
): Promise<string> {
  requireOptions("options", options, OPTIONS);
  const { platform, fail } = options;
  const bound = requireBound(options);
  const program = programOf(teardown);
  const world = new World(bound, teardown.dynamicPamt, platform);
  await askAll(world, program, { ...bound, fail }, options);
  const tables = new ModuleTables(world);
  const clear = tables.operations([clearOperation(KEYS.keyid0)]);
  const built = tables.byPage(world.built);
  const threads = new PromelaThreads(
    new Threads(program, world),
    tables,
    { ...bound, fail },
    clear,
  );
  const { partialWriteToOwnedLine } = platform.memory;
  // What the tables number they have been asked for before they are written.
  const processes = threads.processes();
  const guest = guestProcesses(world, tables, { ...bound, fail });
  const processNames = [...processes, ...guest].map((text) => /proctype (\w+)/.exec(text)![1]!);
  return `${comment(`${teardown.name}, lines as on ${platform.name}`)}
/* Run with: spin -a -o2 FILE; gcc -O2 -DNOREDUCE -o pan pan.c; ./pan -c0 -m1000000
   One line is followed, of any page; with spin -DLINE=N of page N, with -DLINE=PAGES of none:
${world.pages.map(({ name }, page) => `   ${page} ${name}`).join("\n")}
   With spin -DMODE=CI the lines have cryptographic integrity. "states, stored" is the number of
   distinct states, and one before the first. */
#ifndef MODE
#define MODE LI
#endif
#define PAGES ${world.pages.length}
#define TDX_PW_MCE ${platform.bugs.includes(TDX_PW_MCE)}
${ANSWERS.map((name, i) => `#define ${name} ${i}`).join("\n")}
${promelaCodes({ partialWriteToOwnedLine }, TEARDOWN_KEYS)}

${tables.toC()}
${
    lineType(
      0,
      TEARDOWN_KEYS.length,
      "keyid0",
      LineAutomaton.fresh(KEYS.keyid0).memory,
      TEARDOWN_KEY_IDS,
    )
  }

${TEARDOWN_KEY_IDS.map(copyInlines).join("\n\n")}

/* The page whose line it is; who has it once it is back: the host, the second TD, the third. */
byte line;
unsigned user : 2;
/* The module's state; who has each page; which pages have put their pair of Dynamic PAMT. */
int m;
byte holder[PAGES];
bit put[PAGES];
bit dead;
byte busy;
byte faults;
/* Properties, for their names in failed assertions: they are never set. */
bit ${[...Object.keys(TEARDOWN_PROPERTIES), "known"].map(underscored).join(", ")};
${threads.declarations()}
${lineInlines()}${regions(world)}
/* In hand during a step: what the module answered, what it does to the line, a counter. */
unsigned status : 3;
byte op;
byte i;
#define ask(c) status = STATUS(c); op = EFFECT(c); m = NEXT(c); \\
  if :: status == UNKNOWN -> assert(known) :: else fi
${PAGE_WORK}${PROMELA_IN_HAND}${promelaRules(RULES)}${PROMELA_OPERATIONS}
inline touch_line() {
  if
${
    tables.lineWork.map((operations, number) =>
      number === 0 ? "" : `  :: op == ${number} -> d_step {
     ${[...lineWork(operations), "forget()", "op = 0"].join(";\n     ")} }\n`
    ).join("")
  }  :: else
  fi;
  op = 0
}
${threads.settle()}

${[...processes, ...guest].join("\n\n")}

${properties(world)}

init {
  atomic {
#ifdef LINE
    line = LINE;
#else
    if
${world.pages.map((_, page) => `    :: line = ${page}`).join("\n")}
    fi;
#endif
    m = ${world.initial};
    if
${built.map((number, page) => `    :: line == ${page} -> op = ${number}`).join("\n")}
    :: else
    fi;
    touch_line();
    settle();
    ${[...processNames, "properties"].map((name) => `run ${name}()`).join(";\n    ")}
  }
end:
  false
}
`;
}

/** Has the module asked everything that the teardown can ask it. */
async function askAll(
  world: World,
  program: Program,
  options: Pick<SystemOptions, "faults" | "fail" | "busy">,
  limits: TeardownLimits,
): Promise<void> {
  const { faults, fail, busy } = options;
  const how = { faults, fail, busy, symmetry: false, independence: false, followed: [] };
  const system = new TeardownSystem(world, new LineSets([], world), program, how);
  let state = 0;
  await runWithin(system, limits, (count) => {
    for (const end = state + count; state < end && state < system.size;) {
      system.expand(state++, () => {});
    }
    return state >= system.size;
  });
}

/** The guest, what uses the line, and the third TD. */
function guestProcesses(
  world: World,
  tables: ModuleTables,
  { faults, fail }: Pick<SystemOptions, "faults" | "fail">,
): string[] {
  const step = (text: string, guard: string, work: string) =>
    option(text, guard, [work, "status = 0"]);
  const moves = (text: string, guard: string, call: string) =>
    step(text, `${guard} && NEXT(${call}) != m`, `ask(${call})`);
  const [exit, enter, accept] = ["exit", "enter", "accept"].map((name) => tables.call(name));
  const guest = [
    ...world.items("vcpus", -1).flatMap((vcpu) => [
      moves(`vCPU ${vcpu} leaves the TD`, `VCPU(${vcpu}) == 2`, `${exit} + ${vcpu}`),
      moves(`vCPU ${vcpu}: TDH.VP.ENTER`, `!dead && VCPU(${vcpu}) == 1`, `${enter} + ${vcpu}`),
    ]),
    ...world.items("guest", -1).map((page) =>
      moves(`TDG.MEM.PAGE.ACCEPT of page ${page}`, `PENDING(${page})`, `${accept} + ${page}`)
    ),
    ...(faults === 0 || fail !== undefined ? [] : [
      step(
        "consumes hardware poison: the TD is fatal (M9)",
        `INSIDE && !IS_FATAL && faults < ${faults}`,
        `faults++; ask(${tables.call("fatal")})`,
      ),
    ]),
    step(
      "A third TD has the KeyID",
      "KEY_IS_FREE",
      `if :: DIRTY_UNDER_TD_KEY -> assert(key_reuse) :: else fi; ask(${tables.call("next TD")})`,
    ),
  ];
  return [
    `proctype guest() {
end:
  do
  :: atomic {
  if
${guest.join("\n")}
  fi;
  touch_line()
  }
  od
}`,
    ...lineProcesses().map(([name, options]) =>
      `proctype ${name}() {\nend:\n  do\n${options.join("\n")}\n  od\n}`
    ),
  ];
}

/** What is asked of every state; the other properties are asked where something happens. */
function properties({ pages }: World): string {
  const options = [
    ...pages.flatMap(({ kind, name }, page) => [
      option(
        name,
        `holder[${page}] == ${HOLDER.back} && (IN_USE(${page}) || REACHABLE(${page}))`,
        ["assert(reach)"],
      ),
      option(
        name,
        `holder[${page}] == ${HOLDER.td} && OVER${kind === "pamt" ? " && faults == 0" : ""}`,
        ["assert(every_page)"],
      ),
    ]),
    option("A private line is dirty", "HOST_HAS && FOREIGN_DIRTY", ["assert(dirty)"]),
    option("Every thread waits", "STUCK && !OVER", ["assert(ends)"]),
  ];
  return `proctype properties() {\nend:\n  do\n${options.join("\n")}\n  od\n}`;
}

/** Regions of Dynamic PAMT: which pages lie in one, and what its pair is. */
function regions({ pages, size }: World): string {
  const numbers = [...new Set(pages.map(({ region }) => region))];
  const pagesOf = (wanted: number) =>
    pages.flatMap(({ region, kind }, page) => region === wanted ? [{ kind, page }] : []);
  const choose = (of: (region: number) => string) =>
    numbers.slice(1).reduceRight(
      (rest, _, i) => `(REGION(p) == ${i} -> ${of(i)} : ${rest})`,
      of(numbers.length - 1),
    );
  const region = numbers.slice(0, -1).reduceRight((rest, number, i) => {
    const among = pagesOf(number).map(({ page }) => `(p) == ${page}`).join(" || ");
    return `((${among}) -> ${i} : ${rest})`;
  }, `${numbers.length - 1}`);
  const allPut = (i: number) =>
    `(${
      pagesOf(numbers[i]!).filter(({ kind }) => kind !== "pamt").map(({ page }) => `put[${page}]`)
        .join(" && ") || "true"
    })`;
  const pairs = pages.flatMap(({ kind }, page) => kind === "pamt" ? [`(p) == ${page}`] : []);
  const inside = Array.from({ length: size.vcpus }, (_, vcpu) => `VCPU(${vcpu}) == 2`);
  return `#define INSIDE (${inside.join(" || ")})
#define REGION(p) ${region}
#define IS_PAIR(p) (${pairs.join(" || ") || "false"})
#define IS_PAIR_OF(i, p) (IS_PAIR(i) && REGION(i) == REGION(p))
#define IS_LAST(p) ${choose(allPut)}
`;
}

function underscored(name: string): string {
  return name.replaceAll("-", "_");
}
