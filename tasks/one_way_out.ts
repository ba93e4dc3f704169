/**
 * A lint: what the packages print goes through the command's `Output`, which shows what could steer a
 * terminal. `packages/cli/shell/stdio.ts` alone writes to the streams.
 *
 * @module
 */

/** The only file that writes to a stream. */
const WAY_OUT = "packages/cli/shell/stdio.ts";

const plugin: Deno.lint.Plugin = {
  name: "tdx",
  rules: {
    "one-way-out": {
      create(context) {
        const file = context.filename.replaceAll("\\", "/");
        const isOurs = /(?:^|\/)packages\//.test(file) && !/_test\.tsx?$/.test(file);
        if (!isOurs || file.endsWith(WAY_OUT)) return {};
        return {
          MemberExpression(node) {
            if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return;
            const name = `${node.object.name}.${node.property.name}`;
            if (/^console\.|^Deno\.(?:stdout|stderr)$/.test(name)) {
              context.report({ node, message: `Expected Output to print, got ${name}` });
            }
          },
        };
      },
    },
  },
};
export default plugin;
