import "../../packages/cli/commands/teardown.ts";
