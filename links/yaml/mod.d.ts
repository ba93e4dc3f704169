// Types of the part of `@std/yaml` that this workspace uses.

export function parse(content: string): unknown;
