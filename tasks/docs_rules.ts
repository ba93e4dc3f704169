/**
 * Writes the page of the rules. Read the difference before committing it.
 *
 * @module
 */
import { RULES_PAGE, rulesPage } from "./rules_page.ts";

Deno.writeTextFileSync(RULES_PAGE, await rulesPage());
