/**
 * Says what a task is for where `--help` is asked for, and ends: tasks preload it, so that nothing
 * else is done then.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

if (Deno.args.some((arg) => arg === "--help" || arg === "-h")) {
  const file = Deno.mainModule.slice(new URL("..", import.meta.url).href.length);
  const tasks = Object.entries<{ readonly command: string; readonly description: string }>(
    config.tasks,
  );
  const [name, { description }] = tasks.find(([, { command }]) => command.includes(` ${file}`))!;
  console.log(`Usage: deno task ${name}\n\n${description}`);
  Deno.exit(0);
}
