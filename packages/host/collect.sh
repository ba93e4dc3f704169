#!/bin/sh
# Collects what "tdx audit" reads, and writes it to standard output as a tar archive.
#
#   sh collect.sh > snapshot.tar                 on the host
#   ssh HOST sh -s < collect.sh | tdx audit -    without leaving anything there
#   sh collect.sh /host > snapshot.tar           a file system that is mounted elsewhere
#
# It only reads, works without root, and says on standard error what root would add.
# The snapshot names the host and holds its kernel log: look at it before you give it away.
set -u
LC_ALL=C
export LC_ALL

FILES="
proc/cpuinfo
proc/sys/kernel/osrelease
proc/sys/kernel/hostname
proc/meminfo
sys/module/kvm_intel/parameters/tdx
sys/fs/cgroup/misc.capacity
sys/devices/faux/tdx_host/version
sys/kernel/kexec_crash_loaded
"
# Of these only the lines that the audit reads.
SYMBOLS='[ 	](_stext|_einittext|__seamcall|[a-z_.0-9]*tdx[a-z_.0-9]*)([ 	]|$)'
INTERRUPTS='^ *MCE:'
# KeyID split, MCG_CAP, TME capability and activation.
REGISTERS="0x87 0x179 0x981 0x982"

host=${1:-}
if [ -t 1 ]; then
  echo "usage: sh collect.sh [FOLDER] > snapshot.tar" >&2
  exit 1
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

note() { # state, path: adds a line to the list of what was tried
  echo "$1 $2" >> "$work/manifest"
  [ "$1" = unreadable ] || return 0
  case $2 in
    msr) echo "no registers (KeyID split, SEAM_NR): root can read them, after modprobe msr" >&2 ;;
    *) echo "no $2: root can read it" >&2 ;;
  esac
}

keep() { # path, command...: keeps what the command says of the file
  path=$1
  shift
  mkdir -p "$work/$(dirname "$path")"
  if "$@" > "$work/$path" 2> /dev/null; then
    note present "$path"
  else
    rm -f "$work/$path"
    if [ -e "$host/$path" ]; then note unreadable "$path"; else note absent "$path"; fi
  fi
}

lines() { # pattern, file: the lines that match, if any
  grep -E "$1" "$2" || [ $? -eq 1 ]
}

registers() { # one line each, as root with the msr module loaded
  for register in $REGISTERS; do
    value=$(rdmsr -p 0 "$register" 2> /dev/null ||
      dd if=/dev/cpu/0/msr bs=8 count=1 skip=$((register)) iflag=skip_bytes 2> /dev/null |
      od -An -tx8 | tr -d ' ')
    [ -z "$value" ] || echo "$register $value"
  done | grep .
}

for file in $FILES; do keep "$file" cat "$host/$file"; done
keep proc/kallsyms lines "$SYMBOLS" "$host/proc/kallsyms"
keep proc/interrupts lines "$INTERRUPTS" "$host/proc/interrupts"
if [ -n "$host" ]; then
  keep dmesg cat "$host/dmesg"
  keep msr cat "$host/msr"
else
  if dmesg > "$work/dmesg" 2> /dev/null; then note present dmesg; else note unreadable dmesg; fi
  if registers > "$work/msr"; then note present msr; else note unreadable msr; fi
fi
for file in dmesg msr; do
  grep -q "^present $file$" "$work/manifest" || rm -f "$work/$file"
done

tar -cf - -C "$work" .
