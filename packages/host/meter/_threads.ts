import type { PlacedCode } from "./_placed_code.ts";
import { MeterError } from "./meter_error.ts";
import type { RoutineName } from "./routines.ts";

/** A call of a routine: its arguments after the start of the buffer. */
export interface Call {
  readonly routine: RoutineName;
  /** Start of each thread's buffer. */
  readonly starts: readonly number[];
  readonly bytes: number;
  readonly stepBytes: number;
  readonly value: bigint;
}

/** What came of a {@link Call}. */
export interface CallResult {
  /** Time of the slowest thread, in nanoseconds. */
  readonly ns: number;
  /** What the routine returned to the threads, summed. */
  readonly sum: number;
}

interface Order {
  readonly entry: bigint;
  readonly arguments: readonly [bigint, bigint, bigint, bigint];
  /** Counts the threads that have come to the start; when all have, they go. */
  readonly gate: SharedArrayBuffer;
  readonly threads: number;
}

interface Done {
  readonly ns: number;
  readonly result: bigint;
}

/** Threads that run routines all at once. */
export class Threads implements Disposable {
  readonly #code: PlacedCode;
  readonly #url: string;
  readonly #workers: readonly Worker[];

  /**
   * @param code The routines.
   * @param count How many threads.
   */
  constructor(code: PlacedCode, count: number) {
    this.#code = code;
    const source = new Blob([`(${runOrders})()`], { type: "text/javascript" });
    this.#url = URL.createObjectURL(source);
    this.#workers = Array.from(
      { length: count },
      () => new Worker(this.#url, { type: "module" }),
    );
  }

  /**
   * Runs a routine in every thread.
   *
   * @returns When all threads are done, also where one failed: none works on the buffers then.
   */
  async run({ routine, starts, bytes, stepBytes, value }: Call): Promise<CallResult> {
    const gate = new SharedArrayBuffer(4);
    const results = await Promise.allSettled(this.#workers.map((worker, index) =>
      ask(worker, {
        entry: BigInt(this.#code.entry[routine]),
        arguments: [BigInt(starts[index]!), BigInt(bytes), BigInt(stepBytes), value],
        gate,
        threads: this.#workers.length,
      })
    ));
    const done = results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
    return {
      ns: Math.max(...done.map(({ ns }) => ns)),
      sum: Number(done.reduce((sum, { result }) => sum + result, 0n)),
    };
  }

  /** Ends the threads; none may be running a routine. */
  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
    URL.revokeObjectURL(this.#url);
  }
}

function ask(worker: Worker, order: Order): Promise<Done> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) =>
      reject(new MeterError(`Expected every thread to run, got ${reason}`));
    worker.onmessage = ({ data }: MessageEvent<Done | string>) =>
      typeof data === "string" ? fail(data) : resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message);
    };
    worker.postMessage(order);
  });
}

/**
 * The body of a thread. It stands on its own, imports nothing and travels as text: a worker that is
 * loaded from a file asks for the permission to read it.
 */
function runOrders(): void {
  const PATIENCE_MS = 10_000;
  const thread = globalThis as unknown as Worker;

  const run = (order: Order): Done => {
    const routine = new Deno.UnsafeFnPointer(
      Deno.UnsafePointer.create(order.entry)!,
      { parameters: ["u64", "u64", "u64", "u64"], result: "u64" },
    );
    waitForAll(new Int32Array(order.gate), order.threads);
    const started = performance.now();
    const result = routine.call(...order.arguments);
    return { ns: (performance.now() - started) * 1e6, result };
  };

  const waitForAll = (gate: Int32Array<SharedArrayBuffer>, threads: number) => {
    Atomics.add(gate, 0, 1);
    Atomics.notify(gate, 0);
    for (let come: number; (come = Atomics.load(gate, 0)) < threads;) {
      if (Atomics.wait(gate, 0, come, PATIENCE_MS) === "timed-out") {
        throw new Error(`${come} of ${threads} threads at the start`);
      }
    }
  };

  thread.onmessage = ({ data }: MessageEvent<Order>) => {
    try {
      thread.postMessage(run(data));
    } catch (error) {
      thread.postMessage(String(error));
    }
  };
}
