/**
 * The explorer's page in the browser.
 *
 * @module
 */
import { render } from "preact";
import { App } from "./view/app.tsx";
import { openAddress } from "./view/use_page.ts";

render(<App first={await openAddress(location.hash)} />, document.querySelector("#app")!);
