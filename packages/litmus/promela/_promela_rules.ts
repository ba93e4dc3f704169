import type { CacheRule, CacheRuleId, ReadRule, RuleTable, WriteRule } from "@tdx/core";
import { comment, constant, partialWriteConstant } from "./_promela_codes.ts";

/** The cache rules of an access, which may fill; the others are events of a copy. */
const ACCESSES: ReadonlySet<CacheRuleId> = new Set(["K1", "K2", "K8"]);

/**
 * The rule table as Promela: each row a guard from its conditions, and its outcome as assignments.
 *
 * In a deterministic step SPIN takes the first guard that holds, as the table is meant.
 */
export function promelaRules({ reads, writes, caches }: RuleTable): string {
  return `${HELPERS}
/* What the memory controller reads from line l with key k: r_data and r_poison. */
inline read_memory(l, k) {
  if
${reads.map(readRow).join("\n")}
  fi
}

/* A write of width w: data d and poison p, with key k. */
inline write_memory(l, k, w, d, p) {
  if
${writes.map(writeRow).join("\n")}
  fi
}

${caches.map(cacheInline).join("\n\n")}
`;
}

const HELPERS = `
inline poison_memory(l, origin) {
  l.poison = ((origin == HARDWARE_STUCK || l.poison == NONE) -> origin : l.poison);
  l.key = 0; l.data = 0; l.mac = 0
}

inline drop_copy() {
  c_present = 0; c_data = 0; c_dirty = 0; c_poison = NONE
}

/* Garbage has no key, poison no content; a merge keeps what shows through most. */
inline write_content(l, k, d) {
  if
  :: w_poison != NONE -> l.key = 0; l.data = 0
  :: else ->
     w_data = (d == 0 -> ZEROS : (d > w_under -> d : w_under));
     l.data = w_data;
     l.key = (w_data == GARBAGE -> 0 : k)
  fi
}

inline keep_content(l) {
  if
  :: w_poison != NONE -> l.key = 0; l.data = 0
  :: else
  fi
}
`;

function readRow({ id, when, data, poisons, text }: ReadRule): string {
  const guard = [
    when.poisoned ? "l.poison != NONE" : "l.poison == NONE",
    when.mode && `MODE == ${constant(when.mode)}`,
    when.access && ofAccess(when.access),
    ofIntegrity(when.integrity),
    when.owner !== undefined && `l.owner == ${when.owner}`,
    when.mac && `l.mac == ${when.mac === "match" ? 1 : 0}`,
  ];
  const poison = poisons ? ["poison_memory(l, INTEGRITY)"] : [];
  const came = `r_poison = ${poisons ? "l.poison" : "NONE"}`;
  const outcome = {
    poison: ["r_data = 0", "r_poison = (l.poison == NONE -> INTEGRITY : l.poison)", ...poison],
    zeros: ["r_data = ZEROS", ...poison, came],
    decrypted: ["r_data = ((l.key == 0 || l.key == k) -> l.data : GARBAGE)", ...poison, came],
  };
  return row(id, text, guard, outcome[data]);
}

function writeRow({ id, when, underFill, owner, mac, poison, text }: WriteRule): string {
  const guard = [
    `w == ${constant(when.width)}`,
    ofAccess(when.access),
    ofIntegrity(when.integrity),
    when.owner !== undefined && `l.owner == ${when.owner}`,
    when.partialWrite &&
    `PARTIAL_WRITE_TO_OWNED_LINE == ${partialWriteConstant(when.partialWrite)}`,
  ];
  const macAfter = {
    "new": "MODE == CI",
    "none": "0",
    "by-key": "HAS_INTEGRITY(k)",
    "unchanged": "l.mac",
  };
  const stays = poison === "cleared" ? "l.poison == HARDWARE_STUCK" : "l.poison != NONE";
  return row(id, text, guard, [
    ...(underFill ? ["read_memory(l, k)", "w_under = r_data"] : ["w_under = 0"]),
    ...(poison === "set" ? ["poison_memory(l, PARTIAL_WRITE)"] : []),
    `w_poison = (${stays} -> l.poison : p)`,
    owner === "unchanged" ? "keep_content(l)" : "write_content(l, k, d)",
    ...(owner === "unchanged" ? [] : [`l.owner = ${owner}`]),
    `l.mac = (w_poison == NONE && ${macAfter[mac]})`,
    "l.poison = w_poison",
  ]);
}

/** A cache rule applied to the copy in hand, `c_*`. */
function cacheInline(rule: CacheRule): string {
  const inline = ACCESSES.has(rule.id) ? accessInline(rule) : eventInline(rule);
  return `${comment(`${rule.id}: ${rule.text}`)}\n${inline}`;
}

/** A hit that fills nothing leaves the copy; a miss without a fill has nothing to work on. */
function accessInline({ id, fills, poisonTravels }: CacheRule): string {
  const fill = [
    "c_present = 1",
    "c_dirty = 0",
    ...(fills ? ["read_memory(l, k)"] : ["r_data = 0", "r_poison = NONE"]),
    `c_poison = ${poisonTravels ? "r_poison" : "NONE"}`,
    "c_data = (c_poison != NONE -> 0 : (r_data == 0 -> ZEROS : r_data))",
  ];
  const effects = id === "K2" && !fills ? ["skip"] : fill;
  return `inline access_${id}(l, k) {\n  ${effects.join(";\n  ")}\n}`;
}

function eventInline({ id, writesBack, drops, poisonTravels }: CacheRule): string {
  const poison = poisonTravels ? "c_poison" : "NONE";
  const writeBack = `if
     :: c_dirty -> write_memory(l, k, FULL, c_data, ${poison}); c_dirty = 0
     :: else
     fi`;
  const effects = [...(writesBack ? [writeBack] : []), ...(drops ? ["drop_copy()"] : ["skip"])];
  return `inline event_${id}(l, k) {
  if
  :: c_present ->
     ${effects.join(";\n     ")}
  :: else
  fi
}`;
}

type Guard = string | false | undefined;

function row(
  id: string,
  text: string,
  guard: readonly Guard[],
  outcome: readonly string[],
): string {
  const when = guard.filter((part) => part).join(" && ");
  return `  ${comment(`${id}: ${text}`)}\n  :: ${when} ->\n     ${outcome.join(";\n     ")}`;
}

function ofAccess(access: "private" | "shared"): string {
  return access === "private" ? "IS_PRIVATE(k)" : "!IS_PRIVATE(k)";
}

function ofIntegrity(integrity: boolean | undefined): Guard {
  return integrity !== undefined && (integrity ? "HAS_INTEGRITY(k)" : "!HAS_INTEGRITY(k)");
}
