#!/bin/sh
# Finds out where the time of a TD's shutdown goes.
#
#   sh shutdown.sh start            as root on the host; then stop the VM
#   sh shutdown.sh stop > shutdown.txt
#   tdx shutdown shutdown.txt       wherever tdx is
#
# "start" takes a method; without one, it is the first of these three that the kernel has:
#   hist       kprobes with hist triggers: calls, time and statuses of each function
#   profile    ftrace's function profiler: calls and time
#   bpftrace   as hist, where bpftrace is installed
# Two others record each call, so they are for a small TD, or for the beginning of a large one:
#   graph      ftrace's function graph, with arguments and statuses where the kernel has them
#   calls      every tdh_ function by kprobes, with arguments and status: for tdx shutdown --replay
# They stop when their buffer is full, and at most 1 MB of them is written.
# "cancel" puts everything back and tells nothing.
#
# The first three count in the kernel, whatever the size of the VM, and take no addresses and no
# names of programs; arguments are addresses. What probing costs a call is measured and told.
# stop and cancel put everything back, and so do start and stop when they are interrupted; only the
# main trace buffer grows to its normal size, as with the first tracing of any kind since the boot.
# Needs root, tracefs, and of programs what POSIX has.
set -u
LC_ALL=C
export LC_ALL

# One piece of work each.
LEAVES="tdh_mem_range_block tdh_mem_track tdh_mem_page_remove tdh_phymem_page_wbinvd_hkid
tdh_vp_flush tdh_mng_vpflushdone tdh_phymem_cache_wb tdh_mng_key_freeid
tdh_phymem_page_reclaim tdh_phymem_page_wbinvd_tdr
tdx_clear_page tdx_quirk_reset_page tdx_quirk_reset_paddr tdx_pamt_put"
# Made of such pieces.
WHOLES="tdx_mmu_release_hkid tdx_vcpu_free tdx_sept_free_private_spt tdx_vm_destroy"
# Called by an interrupt on another CPU, whatever task that interrupts.
BY_CPU=" tdh_vp_flush tdh_phymem_cache_wb "
# Few calls a TD: their times are told too.
DATED="tdx_mmu_release_hkid tdh_mng_vpflushdone tdh_mng_key_freeid tdh_phymem_page_wbinvd_tdr"

STATE=/run/tdx-shutdown
GROUP=tdx_shutdown
COST_CALLS=20000
SAMPLE_KB=512
SAMPLE_BYTES=1000000

# Where a method's own errors are thrown away, what we say is not.
exec 3>&2
say() { echo "shutdown.sh: $*" >&3; }
die() {
  say "$@"
  exit 1
}

find_tracefs() {
  [ "$(id -u)" = 0 ] || die "Expected root, got another user"
  ! grep -qs '\[confidentiality\]' /sys/kernel/security/lockdown ||
    die "Expected a kernel that may be traced, got one in lockdown for confidentiality"
  for root in /sys/kernel/tracing /sys/kernel/debug/tracing; do
    [ ! -e "$root/README" ] || break
    root=
  done
  [ -n "$root" ] || die "Expected tracefs, got none: mount -t tracefs tracefs /sys/kernel/tracing"
  instance=$root/instances/tdx-shutdown
}

header() { echo "$*" >> "$STATE/header"; }

# --- What is changed, and how it is put back.

change() { # file, value: remembers what the file said
  [ -e "$1" ] || return 1
  { echo "$1 $(cat "$1")" && cat "$STATE/changed"; } > "$STATE/newer"
  mv "$STATE/newer" "$STATE/changed"
  echo "$2" > "$1"
}

trace_only_symbols() { # folder: sets its function filter, which must be empty
  sed '/^#/d' "$1/set_ftrace_filter" | grep -q . && return 1
  echo "$1/set_ftrace_filter" >> "$STATE/filtered"
  while read -r function symbol _; do
    echo "$symbol" >> "$1/set_ftrace_filter" || refuse "$function"
  done < "$STATE/symbols" 2> /dev/null
  sed '/^#/d' "$1/set_ftrace_filter" | grep -q .
}

drop_events() { # with the instance that uses them; who refers to another goes first
  if [ -d "$instance" ]; then
    echo 0 > "$instance/tracing_on"
    for event in "$GROUP/td" "$GROUP/write_null" "$GROUP/in_" "synthetic/$GROUP"; do
      for file in "$instance/events/$event"*/trigger; do [ ! -e "$file" ] || : > "$file"; done
    done
    [ ! -d "$instance/events/$GROUP" ] || echo 0 > "$instance/events/$GROUP/enable"
    rmdir "$instance" || say "could not remove $instance"
  fi
  grep -q ":$GROUP/" "$root/dynamic_events" && echo "-:$GROUP/" >> "$root/dynamic_events"
  grep -q ":synthetic/${GROUP}[^_]" "$root/dynamic_events" &&
    echo "-:synthetic/$GROUP" >> "$root/dynamic_events"
}

end_bpftrace() {
  [ -f "$STATE/pid" ] || return 0
  pid=$(cat "$STATE/pid")
  rm "$STATE/pid"
  kill -INT "$pid" 2> /dev/null
  while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
}

undo() { # the last change first
  end_bpftrace
  while read -r file value; do echo "$value" > "$file"; done < "$STATE/changed"
  while read -r file; do echo > "$file"; done < "$STATE/filtered"
  drop_events
  : > "$STATE/changed"
  : > "$STATE/filtered"
}

put_back() {
  undo
  rm -rf "$STATE"
}

interrupted() {
  trap '' INT TERM HUP
  put_back
  say "interrupted, everything is put back"
  exit 130
}

# --- The functions of this kernel.

find_symbols() { # pattern: writes each function, its name here and that of its event; clones besides
  sed -nE "s/^[0-9a-f]+ [tT] (($1)(\.(isra|constprop)\.[0-9]+)*)([[:space:]].*)?$/\2 \1 \1/p" \
    /proc/kallsyms | sed -E ':dot s/\.([^ ]*)$/_\1/; t dot' | sort -u > "$STATE/symbols"
  grep -q '^tdh_' "$STATE/symbols"
}

refuse() { header "refused $1"; }

# --- The methods. Each fails where the kernel does not have it.

add() { printf '%s\n' "$1" >> "$root/dynamic_events"; }

new_instance() { # that counts calls and nanoseconds by function and status, in the kernel
  mkdir "$instance" && add "s:$GROUP u64 function; u64 status; u64 ns" &&
    echo "hist:keys=function,status.hex:vals=ns" > "$instance/events/synthetic/$GROUP/trigger"
}

probe() { # number, function, symbol, event
  key=common_pid
  case $BY_CPU in *" $2 "*) key=common_cpu ;; esac
  bytes=
  [ "$2" != tdx_quirk_reset_paddr ] || bytes=yes
  # What else returns nothing leaves anything in the register.
  case $2 in tdh_*) status=\$retval:x64 ;; *) status=\\0:u64 ;; esac
  events=$instance/events/$GROUP
  add "p:$GROUP/in_$4 $3${bytes:+ bytes=\$arg2:u64}" &&
    add "r:$GROUP/$4 $3 function=\\$1:u64 status=$status" &&
    echo "hist:keys=$key${bytes:+:vals=bytes}:begin$1=common_timestamp:clock=mono" \
      > "$events/in_$4/trigger" &&
    echo "hist:keys=$key:ns$1=common_timestamp-\$begin$1:clock=mono:onmatch($GROUP.in_$4).trace($GROUP,function,status,\$ns$1)" \
      > "$events/$4/trigger" &&
    # The trace has the time of the first call.
    echo stacktrace:1 >> "$events/in_$4/trigger"
}

now() { # nanoseconds, as fine as date has them
  ns=$(date +%s%N)
  case $ns in
    *[!0-9]*) sed 's/^\([0-9]*\)\.\([0-9]*\) .*/\1\20000000/' /proc/uptime ;;
    *) echo "$ns" ;;
  esac
}

many_calls() { # nanoseconds that many calls of a function that does nothing take, at best
  best=
  for _ in 1 2 3; do
    begin=$(now)
    dd if=/dev/zero of=/dev/null bs=1 count=$COST_CALLS 2> /dev/null
    took=$(($(now) - begin))
    [ "${best:-$took}" -lt "$took" ] || best=$took
  done
  echo "$best"
}

measure_cost() { # of a probed call: what it takes longer, and how much of that is seen as its time
  bare=$(many_calls)
  if new_instance && probe 1 write_null write_null write_null; then
    probed=$(many_calls)
    seen=$(completed | awk '{ n += $3; ns += $4 } END { if (n) print int(ns / n) }')
    [ -z "$seen" ] || header "cost $(((probed - bare) / COST_CALLS)) $seen $COST_CALLS"
  fi
  drop_events
}

start_hist() {
  grep -q 'onmatch(' "$root/README" || return 1
  measure_cost
  new_instance || return 1
  echo 64 > "$instance/buffer_size_kb"
  number=0
  while read -r function symbol event; do
    number=$((number + 1))
    probe $number "$function" "$symbol" "$event" || refuse "$function"
  done < "$STATE/symbols"
  grep -q "r.*:$GROUP/" "$root/dynamic_events" || return 1
  for event in $DATED; do
    for file in "$instance/events/$GROUP/$event/enable" "$instance/events/$GROUP/in_$event/enable"; do
      [ ! -e "$file" ] || echo 1 > "$file"
    done
  done
} 2> /dev/null

start_profile() {
  [ "$(cat "$root/function_profile_enabled" 2> /dev/null)" = 0 ] &&
    trace_only_symbols "$root" && change "$root/function_profile_enabled" 1
}

start_bpftrace() {
  command -v bpftrace > /dev/null || return 1
  number=0
  while read -r function symbol _; do
    number=$((number + 1))
    begin="@begin${number}[tid]"
    case $BY_CPU in *" $function "*) begin="@begin${number}[cpu]" ;; esac
    status=
    case $function in tdh_*) status="@${function}_status[retval] = count();" ;; esac
    cat << END
kprobe:$symbol { $begin = nsecs; }
kretprobe:$symbol /$begin/ {
  @${function}_ns = stats(nsecs - $begin); $status
  delete($begin);
}
END
  done < "$STATE/symbols" > "$STATE/script.bt"
  nohup bpftrace -f json -o "$STATE/bpftrace.json" "$STATE/script.bt" > "$STATE/said" 2>&1 3>&- &
  echo $! > "$STATE/pid"
  # It says that it attaches before it does. Each function has a probe at entry and at return then.
  list=/sys/kernel/debug/kprobes/list
  [ -e "$list" ] || sleep 10
  while [ -e "$list" ]; do
    found=$(awk 'NR == FNR { wanted[$2]; next } { sub(/\+.*/, "", $3) } $3 in wanted { n++ }
      END { print n + 0 }' "$STATE/symbols" "$list")
    [ "$found" -lt $((2 * number)) ] || break
    kill -0 "$(cat "$STATE/pid")" 2> /dev/null || {
      say "bpftrace: $(head -n 1 "$STATE/said")"
      rm "$STATE/pid"
      return 1
    }
    sleep 0.2
  done
}

sample_in() { # folder: a buffer that keeps what comes first
  change "$1/options/overwrite" 0
  if [ "$1" = "$instance" ]; then
    echo $SAMPLE_KB > "$1/buffer_size_kb"
  else
    # "7 (expanded: 1408)" until something is traced for the first time.
    size=$(sed -n 's/.*expanded: \([0-9]*\).*/\1/p' "$1/buffer_size_kb")
    [ -z "$size" ] || echo "$size" > "$1/buffer_size_kb"
  fi
}

start_graph() {
  mkdir "$instance" || return 1
  folder=$instance
  if ! grep -qw function_graph "$folder/available_tracers"; then
    # The main buffer then, if nobody uses it.
    folder=$root
    [ "$(cat "$folder/current_tracer")" = nop ] || return 1
    ! grep -q . "$folder/set_event" && ! grep -qv '^#' "$folder/trace" || return 1
  fi
  echo "$folder" > "$STATE/graph"
  sample_in "$folder"
  for option in abstime tail args retval retval-hex; do
    change "$folder/options/funcgraph-$option" 1
  done
  trace_only_symbols "$folder" && change "$folder/current_tracer" function_graph
} 2> /dev/null

start_calls() {
  mkdir "$instance" || return 1
  sample_in "$instance"
  while read -r function symbol event; do
    case $function in
      tdh_mem_page_a[du]* | tdh_mem_sept_add) count="1 2 3 4" ;;
      tdh_mem_range_* | tdh_mem_page_* | tdh_mem_sept_*) count="1 2 3" ;;
      tdh_*addcx | tdh_*create | tdh_phymem_page_wbinvd_hkid) count="1 2" ;;
      *) count=1 ;;
    esac
    # A clone has other arguments.
    [ "$symbol" = "$function" ] || count=
    arguments=
    for i in $count; do arguments="$arguments a$i=\$arg$i:x64"; done
    if echo "p:$GROUP/in_$event $symbol$arguments" >> "$root/dynamic_events"; then
      echo "r:$GROUP/$event $symbol status=\$retval:x64" >> "$root/dynamic_events"
    else
      refuse "$function"
    fi
  done < "$STATE/symbols"
  echo 1 > "$instance/events/$GROUP/enable"
} 2> /dev/null

# --- What stop writes.

completed() { # function's number, status, calls, nanoseconds
  sed -n 's/.*function: *\([0-9]*\), status: *\([0-9a-f]*\) .*hitcount: *\([0-9]*\) *ns: *\([0-9]*\).*/\1 \2 \3 \4/p' \
    "$instance/events/synthetic/$GROUP/hist"
}

dropped() { sed -n "s/.*Dropped: *\([1-9][0-9]*\).*/lost $1 \1/p" "$2/hist"; }

write_hist() {
  completed | awk 'NR == FNR { name[NR] = $1; next } { print "returned", name[$1], $2, $3, $4 }' \
    "$STATE/symbols" -
  dropped all "$instance/events/synthetic/$GROUP"
  while read -r function _ event; do
    events=$instance/events/$GROUP
    [ -d "$events/in_$event" ] || continue
    sed -n 's/.*[0-9] } hitcount: *\([0-9]*\)\( *bytes: *\([0-9]*\)\)*.*/\1 \3/p' "$events/in_$event/hist" |
      awk -v f="$function" '{ n += $1; b += $2 } END { print "entered", f, n + 0, b + 0 }'
    dropped "$function" "$events/$event"
    dropped "$function" "$events/in_$event"
    sed -n "s/^ *$event  *[0-9]*  *\([1-9][0-9]*\)$/lost $function \1/p" "$root/kprobe_profile"
  done < "$STATE/symbols"
  # A line begins with the name of a program: only time and event are taken.
  sed -n 's/^.*\] [^ ]* *\([0-9.]*\): \([a-z_]*\): .*/at \1 \2/p; s/^.*\] [^ ]* *\([0-9.]*\): <stack trace>/first \1/p' \
    "$instance/trace"
}

write_sample() { # folder: what it recorded, without the names of programs
  change "$1/tracing_on" 0
  lost=$(cat "$1"/per_cpu/cpu*/stats | awk '/^(overrun|dropped events):/ { n += $NF } END { print n + 0 }')
  sed -E '/ => /d; /^ *-+$/d; s/^.*-[0-9]+ +(\[[0-9]+\]) [^ ]*/\1/; s/: \(.*\)( |$)/:\1/' "$1/trace" > "$STATE/sample"
  lost=$((lost + $(tail -c +$((SAMPLE_BYTES + 1)) "$STATE/sample" | wc -l)))
  [ "$lost" = 0 ] || echo "lost all $lost"
  echo text
  head -c $SAMPLE_BYTES "$STATE/sample"
}

write() {
  cat "$STATE/header"
  echo "stop $(cut -d ' ' -f 1 /proc/uptime)"
  case $method in
    hist) write_hist ;;
    profile)
      echo 0 > "$root/function_profile_enabled"
      echo text
      cat "$root"/trace_stat/function*
      ;;
    bpftrace)
      end_bpftrace
      echo text
      grep -v '"@begin' "$STATE/bpftrace.json"
      ;;
    graph) write_sample "$(cat "$STATE/graph")" ;;
    calls) write_sample "$instance" ;;
  esac
}

# --- The commands.

start() {
  case ${1:-any} in
    any) methods="hist profile bpftrace" ;;
    hist | profile | bpftrace | graph | calls) methods=$1 ;;
    *) die "Expected hist, profile, bpftrace, graph or calls, got $1" ;;
  esac
  [ -d "${STATE%/*}" ] || die "Expected the folder ${STATE%/*}, got none"
  mkdir -m 700 "$STATE" 2> /dev/null ||
    die "Expected no measurement under way, got one: sh shutdown.sh stop or cancel ends it"
  trap interrupted INT TERM HUP
  : > "$STATE/header"
  : > "$STATE/changed"
  : > "$STATE/filtered"
  pattern=$(echo "$LEAVES $WHOLES" | tr '\n ' '||')
  # tdh_vp_enter must not be probed.
  [ "$methods" != calls ] || pattern='tdh_(m|p|s|vp_[^e])[a-z0-9_]*'
  find_symbols "$pattern" || {
    put_back
    die "Expected a kernel with the functions tdh_…, got none in /proc/kallsyms: is this a TDX host" \
      "with kvm_intel loaded?"
  }
  header "tdx-shutdown 1"
  header "kernel $(uname -r)"
  header "cpus $(grep -c '^processor' /proc/cpuinfo)"
  for function in $LEAVES $WHOLES; do
    [ "$methods" != calls ] || break
    grep -q "^$function " "$STATE/symbols" || header "missing $function"
  done
  for method in $methods; do
    if "start_$method"; then
      header "method $method"
      header "start $(cut -d ' ' -f 1 /proc/uptime)"
      echo "$method" > "$STATE/method"
      trap - INT TERM HUP
      say "measuring by $method; now stop the VM, then: sh shutdown.sh stop > shutdown.txt"
      return
    fi
    undo
  done
  put_back
  die "Expected tracing that is free and has $(echo "$methods" | sed 's/ / or /g'), got none:" \
    "another tool may be tracing, or this kernel lacks it"
}

stop() {
  [ ! -t 1 ] || die "Expected a file to write to: sh shutdown.sh stop > shutdown.txt"
  trap interrupted INT TERM HUP
  write
  trap '' INT TERM HUP
  put_back
}

find_tracefs
case ${1:-} in
  start) start "${2:-}" ;;
  stop)
    method=$(cat "$STATE/method" 2> /dev/null) ||
      die "Expected a measurement under way, got none: sh shutdown.sh start begins one"
    stop
    ;;
  cancel) [ ! -d "$STATE" ] || put_back ;;
  *) die "Expected start [METHOD], stop or cancel, got ${1:-nothing}" ;;
esac
