/** A folder outside the workspace that is gone with its scope. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes one. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await Deno.makeTempDir({ prefix: "tdx-consumer-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
