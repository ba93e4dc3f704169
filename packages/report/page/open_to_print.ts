/** Opens what is folded before printing, and folds it again, where the style alone does not. */
export const OPEN_TO_PRINT = `let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});`;

/** SHA-256 of {@link OPEN_TO_PRINT}, by which the page's policy knows the one script it may run. */
export const OPEN_TO_PRINT_HASH = "sha256-AHqWZmoIdz5E2jYgAlZeRsD9Kcy58Wr8+Mre6lqA4Xw=";
