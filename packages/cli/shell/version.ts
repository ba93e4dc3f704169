import config from "../deno.json" with { type: "json" };

/** What this is, for reports and `--version`: `tdx` and the version of its packages. */
export const VERSION: string = `tdx ${config.version}`;
