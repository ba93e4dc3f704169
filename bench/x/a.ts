import { parseArgs } from "@std/cli"; parseArgs([]);
