import type { Locator, Page } from "playwright-core";

/** What the tests of the explorer do with its page. */
export class ExplorerPage {
  constructor(readonly page: Page) {}

  /** The drawing of a platform. */
  stage(platform: string): Locator {
    return this.page.locator(`.stage[data-platform="${platform}"]`);
  }

  /** The button of an operation. */
  act(name: string): Locator {
    return this.page.locator(`[data-act="${name}"]`);
  }

  /** A button by its whole name. */
  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** A list to choose from, by its whole name. */
  choice(name: string): Locator {
    return this.page.getByLabel(name, { exact: true });
  }

  /** The rules that a platform shows as fired, in order. */
  rules(platform: string): Promise<string[]> {
    return this.stage(platform).locator(".rule-id").allTextContents();
  }

  /** What stands under a name in the memory of a platform: TD owner, MAC, Poison. */
  async bit(platform: string, name: string): Promise<string> {
    return await this.stage(platform).locator(".bit", { hasText: name }).locator("dd")
      .innerText();
  }

  /** Goes on to the last step. */
  async forwardToEnd(): Promise<void> {
    const forward = this.button("Forward");
    while (await forward.getAttribute("aria-disabled") === "false") await forward.click();
  }
}
