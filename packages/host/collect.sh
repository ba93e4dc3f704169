#!/bin/sh
# Collects what "tdx audit" reads, and writes it to standard output as a tar archive.
#
#   sh collect.sh > snapshot.tar                 on the host
#   ssh HOST sh -s < collect.sh | tdx audit -    without leaving anything there
#   sh collect.sh /host > snapshot.tar           a file system that is mounted elsewhere
#   sh collect.sh --with-names > snapshot.tar    with the host's name
#
# It only reads, works without root, and says on standard error what root would add.
# Of the kernel log it takes the lines that the audit reads: no kernel command line, and no name of
# host or user unless asked. Look at the snapshot all the same before you give it away.
set -u
LC_ALL=C
export LC_ALL

FILES="
proc/sys/kernel/osrelease
sys/module/kvm_intel/parameters/tdx
sys/fs/cgroup/misc.capacity
sys/devices/faux/tdx_host/version
sys/devices/faux/tdx_host/seamldr_version
sys/kernel/kexec_crash_loaded
"
NAMES="
proc/sys/kernel/hostname
"
# Of these only the lines that the audit reads.
CPUS='^(processor|vendor_id|cpu family|model( name)?|stepping|flags|bugs|CPU implementer)[ 	]*:'
MEMORY='^HardwareCorrupted:'
SYMBOLS='[ 	](_stext|_einittext|__seamcall|[a-z_.0-9]*tdx[a-z_.0-9]*)([ 	]|$)'
INTERRUPTS='^ *MCE:'
LOG='(^|[] ;>])((virt/)?tdx|kexec|x86/(mk)?tme|mce|MCE|RAS|Memory failure|smpboot: CPU0): '
LOG="$LOG|(^|[] ;>])kvm(_intel)?: .*(TDX|tdx|HKID|required)|SEAMCALL|TDH[._]|Linux version |PM: suspend"
LOG="$LOG|Hardware Error|EDAC [^ ]+ MC|[Mm]achine [Cc]heck|Kernel panic"
# What MCHECK found, MTRRCAP, KeyID split, MCG_CAP, TME capability and activation, SEAM range.
REGISTERS="0xa0 0xfe 0x87 0x179 0x981 0x982 0x1401"

usage() {
  echo "usage: sh collect.sh [--with-names] [FOLDER] > snapshot.tar" >&2
  exit 1
}

names=
if [ "${1:-}" = --with-names ]; then
  names=yes
  shift
fi
host=${1:-}
[ $# -le 1 ] && [ ! -t 1 ] || usage
case $host in -*) usage ;; esac
if [ -n "$host" ] && [ ! -d "$host" ]; then
  echo "Expected a folder, got $host" >&2
  exit 1
fi

# No signal between the making of the folder and the trap that takes it away.
trap '' HUP INT QUIT PIPE TERM
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT QUIT PIPE TERM

note() { # state, path: adds a line to the list of what was tried
  echo "$1 $2" >> "$work/manifest"
  [ "$1" = unreadable ] || return 0
  case $2 in
    msr) echo "no registers (KeyID split, SEAM_NR): root can read them, after modprobe msr" >&2 ;;
    *) echo "no $2: root can read it, where it is mounted" >&2 ;;
  esac
}

missing() { # path: whether it is not there, in a file system that is: sys/module/… in sys/module
  below=${1#*/}
  [ ! -e "$host/$1" ] && [ -e "$host/${1%%/*}/${below%%/*}" ]
}

keep() { # path, command...: keeps what the command says of the file
  path=$1
  shift
  case $path in */*) mkdir -p "$work/${path%/*}" ;; esac
  # Opening a pipe would wait for its other end.
  if [ -f "$host/$path" ] && "$@" > "$work/$path" 2> /dev/null; then
    note present "$path"
  else
    rm -f "$work/$path"
    if missing "$path"; then note absent "$path"; else note unreadable "$path"; fi
  fi
}

lines() { # pattern, file: the lines that match, if any
  grep -E "$1" "$2" || [ $? -eq 1 ]
}

log() { # [file]: the lines of the kernel log that the audit reads
  text=$(if [ $# -gt 0 ]; then cat "$1"; else dmesg; fi) || return 1
  # The kernel's first line goes on with who built it; a journal puts the host's name before.
  printf '%s\n' "$text" | lines "$LOG" - | grep -v 'ommand line: ' |
    sed -E -e 's/(Linux version [^ ]*).*/\1/' \
      -e "${names:+#}"'s/^([A-Z][a-z]{2} +[0-9]+ [0-9:]+|[0-9-]+T[^ ]+) [^ ]+ kernel(\[[0-9]+\])?: //'
}

registers() { # one line each, as root with the msr module loaded
  for register in $REGISTERS; do
    value=$(rdmsr -p 0 "$register" 2> /dev/null ||
      dd if=/dev/cpu/0/msr bs=8 count=1 skip=$((register)) iflag=skip_bytes 2> /dev/null |
      od -An -tx8 | tr -d ' ')
    [ -z "$value" ] || echo "$register $value"
  done | grep .
}

for file in $FILES ${names:+$NAMES}; do keep "$file" cat "$host/$file"; done
keep proc/cpuinfo lines "$CPUS" "$host/proc/cpuinfo"
keep proc/meminfo lines "$MEMORY" "$host/proc/meminfo"
keep proc/kallsyms lines "$SYMBOLS" "$host/proc/kallsyms"
keep proc/interrupts lines "$INTERRUPTS" "$host/proc/interrupts"
if [ -n "$host" ]; then
  keep dmesg log "$host/dmesg"
  keep msr cat "$host/msr"
else
  if log > "$work/dmesg" 2> /dev/null; then note present dmesg; else note unreadable dmesg; fi
  if registers > "$work/msr"; then note present msr; else note unreadable msr; fi
fi
for file in dmesg msr; do
  grep -q "^present $file$" "$work/manifest" || rm -f "$work/$file"
done

tar -cf - -C "$work" .
