import "../../packages/cli/shell/options.ts";
