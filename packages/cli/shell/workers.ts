import { UsageError } from "./values.ts";

/** Does one job: the same in a Worker as in this thread. */
export type Run<Input, Progress, Result> = (
  input: Input,
  onProgress: (progress: Progress) => void,
) => Promise<Result> | Result;

/** Work that Workers can do; inputs, progress and results are values that can be cloned. */
export interface Work<Input, Progress, Result> {
  /** The module that a Worker starts with: it calls {@link serve} with the same `run`. */
  readonly module: URL;
  readonly run: Run<Input, Progress, Result>;
}

/** How jobs are done. */
export interface InWorkersOptions<Progress> {
  /** Told of the progress of the job whose result comes next. */
  readonly onProgress?: (progress: Progress) => void;
  /** How many jobs are done at once at most; default as many as there are cores. */
  readonly threads?: number;
}

/** What a Worker says; after a result or an error it is free for the next job. */
type Said<Progress, Result> =
  | { readonly progress: Progress }
  | { readonly result: Result }
  | { readonly error: SentError }
  | { readonly died: string };

/** The classes of errors that mean something to the command; the first that fits is kept. */
const ERRORS = { UsageError, RangeError, SyntaxError, TypeError, Error } as const;

/** An error in parts: a clone would lose every class and name that is not JavaScript's own. */
interface SentError {
  readonly type: keyof typeof ERRORS;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/**
 * Does independent jobs on all cores. One after the other in this thread where that is all there is:
 * one job, one core, no Workers, or no permission to load their module. A Worker takes about 0.2 s to
 * start, which is lost on jobs of less than that.
 *
 * @param work What is done.
 * @param inputs A job each.
 * @param options Progress, threads.
 * @returns The results in the order of the inputs, each as soon as those before it are there. No
 * Worker is left when it ends or is ended.
 * @throws What a job threw, in its place among the results; an error if a Worker dies.
 */
export async function* inWorkers<Input, Progress, Result>(
  { module, run }: Work<Input, Progress, Result>,
  inputs: readonly Input[],
  options: InWorkersOptions<Progress> = {},
): AsyncGenerator<Result, void, void> {
  const { onProgress = () => {}, threads = navigator.hardwareConcurrency } = options;
  const count = Math.min(inputs.length, threads);
  if (count < 2 || !mayLoad(module)) {
    for (const input of inputs) yield await run(input, onProgress);
    return;
  }
  const jobs = inputs.map(() => Promise.withResolvers<Result>());
  // An error waits for its turn, and does not count as unhandled until then.
  for (const { promise } of jobs) promise.catch(() => {});
  const die = (why: string) => {
    const error = new Error(`Expected every Worker to finish its job, got ${why}`);
    for (const { reject } of jobs) reject(error);
  };
  const workers: Worker[] = [];
  let [started, waitedFor] = [0, 0];
  const takeNext = (worker: Worker) => {
    if (started === jobs.length) return worker.terminate();
    const index = started++;
    worker.onmessage = ({ data }: MessageEvent<Said<Progress, Result>>) => {
      if ("progress" in data) {
        if (index === waitedFor) onProgress(data.progress);
        return;
      }
      if ("died" in data) return die(data.died);
      if ("error" in data) jobs[index]!.reject(received(data.error));
      else jobs[index]!.resolve(data.result);
      takeNext(worker);
    };
    worker.postMessage(inputs[index]);
  };
  try {
    while (workers.length < count) {
      const worker = new Worker(module, { type: "module" });
      workers.push(worker);
      worker.onerror = (event) => {
        event.preventDefault();
        die(event.message);
      };
      takeNext(worker);
    }
    for (; waitedFor < jobs.length; waitedFor++) yield await jobs[waitedFor]!.promise;
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

/**
 * Does the jobs that {@link inWorkers} sends to this Worker.
 *
 * @param run What does one.
 */
export function serve<Input, Progress, Result>(run: Run<Input, Progress, Result>): void {
  const thread = globalThis as unknown as Worker;
  const say = (said: Said<Progress, Result>) => thread.postMessage(said);
  thread.onmessage = async ({ data }: MessageEvent<Input>) => {
    try {
      say({ result: await run(data, (progress) => say({ progress })) });
    } catch (error) {
      say({ error: sent(error) });
    }
  };
  // What fails outside a job ends the Worker; Deno would print it besides.
  const die = (event: Event, why: string) => {
    event.preventDefault();
    say({ died: why });
  };
  addEventListener("error", (event) => die(event, event.message));
  addEventListener("unhandledrejection", (event) => die(event, String(event.reason)));
}

/** Tells whether a Worker can start with a module; Deno would ask on a terminal where it may not. */
function mayLoad(module: URL): boolean {
  if (typeof Worker === "undefined") return false;
  const permission: Deno.PermissionDescriptor = module.protocol === "file:"
    ? { name: "read", path: module }
    : { name: "import", host: module.host };
  return Deno.permissions.querySync(permission).state === "granted";
}

function sent(error: unknown): SentError {
  const { name, message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const types = Object.keys(ERRORS) as (keyof typeof ERRORS)[];
  const type = types.find((type) => error instanceof ERRORS[type]) ?? "Error";
  return { type, name, message, stack };
}

function received({ type, name, message, stack }: SentError): Error {
  return Object.assign(new ERRORS[type](message), { name, stack });
}
