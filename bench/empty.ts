// Does nothing: the least that starting Deno takes.
export {};
