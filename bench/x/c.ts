import "../../packages/core/mod.ts";
