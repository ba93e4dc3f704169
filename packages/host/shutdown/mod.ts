export * from "./explain_shutdown.ts";
export {
  SHUTDOWN_FUNCTIONS,
  SHUTDOWN_PHASES,
  type ShutdownFunction,
  type ShutdownPhase,
} from "./functions.ts";
export { joinShutdowns } from "./join_shutdowns.ts";
export { readShutdown } from "./read_shutdown.ts";
export { replayCalls, type ReplayedCalls, type ReplayedDifference } from "./replay_calls.ts";
export type * from "./shutdown_trace.ts";
