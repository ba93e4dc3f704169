import { spr } from "./mod.ts";
import { platformSuite } from "../../tests/platform_suite.ts";

platformSuite(spr);
