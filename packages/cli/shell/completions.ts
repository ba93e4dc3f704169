import { allOptions, type NamedCommand } from "./command.ts";
import type { Option } from "./options.ts";
import { shellQuoted } from "./show.ts";
import { pick } from "./values.ts";

const SHELLS = { bash, zsh, fish };

/**
 * Writes what makes a shell complete subcommands, options and their values.
 *
 * @param args The shell's name.
 * @throws {UsageError} If it is not bash, zsh or fish.
 */
export function completions(args: readonly string[], commands: readonly NamedCommand[]): string {
  return pick("the shell", args.join(" "), SHELLS)(commands);
}

/** What the value of an option can be: some names, a file, a folder, or anything. */
function valuesOf({ value = "", choices }: Option): readonly string[] | "FILE" | "DIR" | "any" {
  if (choices !== undefined) return choices;
  if (value.includes("|")) return value.split("|");
  return value === "FILE" || value === "DIR" ? value : "any";
}

function names(commands: readonly NamedCommand[]): string {
  return [...commands.map(([name]) => name), "completions", "help", "man"].join(" ");
}

function bash(commands: readonly NamedCommand[]): string {
  const values = commands.flatMap(([name, command]) =>
    Object.entries(allOptions(command)).filter(([, { value }]) => value !== undefined)
      .map(([option, row]) => {
        const kind = valuesOf(row);
        const words = typeof kind === "object"
          ? `-W "${kind.join(" ")}"`
          : { FILE: "-f", DIR: "-d", any: "" }[kind];
        const reply = words === "" ? "" : `COMPREPLY=($(compgen ${words} -- "$word")); `;
        return `    "${name} --${option}") ${reply}return ;;`;
      })
  );
  const options = commands.map(([name, command]) => {
    const list = Object.keys(allOptions(command)).map((option) => `--${option}`).join(" ");
    return `    ${name}) options="${list}" ;;`;
  });
  return `# tdx completions bash: source it, or put it in /etc/bash_completion.d
_tdx() {
  local word=\${COMP_WORDS[COMP_CWORD]} options=
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${names(commands)}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD - 1]}" in
    "completions "*) COMPREPLY=($(compgen -W "${
    Object.keys(SHELLS).join(" ")
  }" -- "$word")); return ;;
    "help "*) COMPREPLY=($(compgen -W "${names(commands)}" -- "$word")); return ;;
${values.join("\n")}
  esac
  case \${COMP_WORDS[1]} in
${options.join("\n")}
  esac
  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$word"))
  else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _tdx tdx`;
}

function zsh(commands: readonly NamedCommand[]): string {
  const described = commands.map(([name, { summary }]) =>
    `    ${shellQuoted(`${name}:${summary}`)}`
  );
  const arms = commands.map(([name, command]) => {
    const rows = Object.entries(allOptions(command)).map(([option, row]) => {
      const kind = valuesOf(row);
      const action = typeof kind === "object"
        ? `(${kind.join(" ")})`
        : kind === "FILE"
        ? "_files"
        : kind === "DIR"
        ? "_files -/"
        : "";
      const help = row.help.replace(/[[\]:\\]/g, "\\$&");
      const value = row.value === undefined
        ? ""
        : `:${row.value.replaceAll("|", " or ")}:${action}`;
      return `      ${shellQuoted(`--${option}[${help}]${value}`)}`;
    });
    return `    ${name}) _arguments ${"\\"}\n${rows.join(" \\\n")} \\\n      '*:file:_files' ;;`;
  });
  return `#compdef tdx
# tdx completions zsh: put it in a folder of $fpath as _tdx
_tdx() {
  local -a subcommands=(
${described.join("\n")}
    'completions:how a shell completes it'
    'help:how to use a subcommand'
  )
  if ((CURRENT == 2)); then
    _describe subcommand subcommands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${arms.join("\n")}
    completions) _values shell ${Object.keys(SHELLS).join(" ")} ;;
    help) _describe subcommand subcommands ;;
  esac
}
compdef _tdx tdx`;
}

function fish(commands: readonly NamedCommand[]): string {
  const first = "-n __fish_use_subcommand";
  const rows = commands.flatMap(([name, command]) => [
    `complete -c tdx ${first} -f -a ${name} -d ${shellQuoted(command.summary)}`,
    ...Object.entries(allOptions(command)).map(([option, row]) => {
      const kind = valuesOf(row);
      const value = row.value === undefined
        ? ""
        : typeof kind === "object"
        ? ` -x -a ${shellQuoted(kind.join(" "))}`
        : kind === "DIR"
        ? " -x -a '(__fish_complete_directories)'"
        : " -r";
      return `complete -c tdx -n '__fish_seen_subcommand_from ${name}' -l ${option}${value} ` +
        `-d ${shellQuoted(row.help)}`;
    }),
  ]);
  return [
    "# tdx completions fish: put it in ~/.config/fish/completions as tdx.fish",
    ...rows,
    `complete -c tdx ${first} -f -a completions -d 'how a shell completes it'`,
    `complete -c tdx ${first} -f -a help -d 'how to use a subcommand'`,
    `complete -c tdx -n '__fish_seen_subcommand_from completions' -f -a '${
      Object.keys(SHELLS).join(" ")
    }'`,
    `complete -c tdx -n '__fish_seen_subcommand_from help' -f -a '${names(commands)}'`,
  ].join("\n");
}
