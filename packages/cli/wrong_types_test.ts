import { wrongTypes } from "../../tests/wrong_types_suite.ts";
import { CaughtOutput } from "./fixtures_test.ts";
import { main } from "./main.ts";

wrongTypes({
  "main()": [
    [
      (args) => main(args, new CaughtOutput()),
      "decide",
      TypeError,
      'Expected args to be an array, got "decide"',
    ],
    [
      (word) => main(["status", word], new CaughtOutput()),
      5n,
      TypeError,
      "Expected args[1] to be a string, got 5n",
    ],
    [(output) => main([], output), null, TypeError, "Expected output to be an object, got null"],
    [
      (output) => main([], output),
      console,
      TypeError,
      "Expected output.print to be a function, got undefined",
    ],
  ],
});
