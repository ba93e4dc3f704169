// What a Worker of tdx prove starts with.
import { serve } from "../shell/workers.ts";
import { PROOFS } from "./proofs.ts";

serve(PROOFS.run);
