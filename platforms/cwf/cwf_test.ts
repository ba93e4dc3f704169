import { cwf } from "./mod.ts";
import { platformSuite } from "../../tests/platform_suite.ts";

platformSuite(cwf);
