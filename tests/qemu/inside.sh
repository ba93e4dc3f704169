# Runs in the virtual machine: drives shutdown.sh as on a host. Each case leaves files in /mnt/out.
# shellcheck shell=sh
SHUTDOWN=$REPOSITORY/packages/host/shutdown.sh
OUT=/mnt/out
TRACING=/sys/kernel/tracing

state() { # all of ftrace that a tracer can change
  (
    cd $TRACING || exit
    for file in buffer_size_kb current_tracer dynamic_events enabled_functions error_log \
      kprobe_events set_event set_ftrace_filter set_ftrace_notrace set_graph_function \
      synthetic_events timestamp_mode trace trace_clock trace_options tracing_on \
      tracing_thresh; do
      echo "== $file"
      cat $file
    done
    ls instances events/synthetic /run
    grep . options/*
  ) 2>&1
}

unchanged() { # case: says how the state of ftrace differs from the one before
  state > "$OUT/state_after"
  diff "$OUT/state_before" "$OUT/state_after" > "$OUT/$1.diff"
}

teardown() { # case, path, pages, vCPUs
  echo "$2 $3 $4" > /proc/tdx_teardown
  cat /proc/tdx_teardown > "$OUT/$1.truth"
}

refused() { # case, command...: it must fail, with one line
  case=$1
  shift
  "$@" > "$OUT/$case.stdout" 2> "$OUT/$case.stderr"
  echo $? > "$OUT/$case.code"
}

measured() { # case, shell, method, teardown...
  case=$1 shell=$2 method=$3
  shift 3
  # shellcheck disable=SC2086 # a shell may be two words, a method none
  $shell "$SHUTDOWN" start $method 2> "$OUT/$case.start" || return
  teardown "$case" "$@"
  $shell "$SHUTDOWN" stop > "$OUT/$case.txt" 2> "$OUT/$case.stop"
  unchanged "$case"
}

refused no_functions sh "$SHUTDOWN" start
insmod $OUT/tdx_teardown.ko

# The main buffer grows when something is traced for the first time since the boot.
echo 1 > $TRACING/events/sched/sched_switch/enable
echo 0 > $TRACING/events/sched/sched_switch/enable
echo > $TRACING/trace
state > $OUT/state_before

measured hist sh "" dynamic 20 2
measured terminate "busybox ash" hist terminate 60 1
measured graph sh graph dynamic 20 2
measured calls sh calls life 1 0

# Many calls, and what they take when nobody measures.
teardown bare many "$CALLS" 0
measured many sh hist many "$CALLS" 0

refused nothing_started sh "$SHUTDOWN" stop
refused wrong_word sh "$SHUTDOWN" begin
refused wrong_method sh "$SHUTDOWN" start strace
refused not_root setpriv --reuid 65534 sh "$SHUTDOWN" start

# A teardown that goes on when it is stopped.
sh "$SHUTDOWN" start 2> /dev/null
refused already_started sh "$SHUTDOWN" start
echo "dynamic 1000 2" > /proc/tdx_teardown &
sleep 1
sh "$SHUTDOWN" stop > $OUT/running.txt
wait
unchanged running

# Ctrl-C, once something has happened. A shell's background ignores it, unless told otherwise.
interrupt() { # case, command until which to wait, arguments
  case=$1 until=$2
  shift 2
  env --default-signal=INT sh "$SHUTDOWN" "$@" > "$OUT/$case.stdout" 2> "$OUT/$case.stderr" &
  until eval "$until"; do sleep 0.01; done
  kill -INT $!
  wait
  unchanged "$case"
}
interrupt interrupted_cost "[ -d $TRACING/instances/tdx-shutdown ]" start
interrupt interrupted_start "grep -q tdh_mng_vpflushdone $TRACING/dynamic_events" start
sh "$SHUTDOWN" start 2> /dev/null
interrupt interrupted_stop "[ -s $OUT/interrupted_stop.stdout ]" stop

# Somebody else traces.
echo function > $TRACING/current_tracer
refused busy sh "$SHUTDOWN" start graph
echo nop > $TRACING/current_tracer
unchanged busy

if command -v bpftrace > /dev/null; then measured bpftrace sh bpftrace dynamic 20 2; fi

umount /sys/kernel/debug/tracing 2> /dev/null
umount /sys/kernel/debug
umount $TRACING
refused no_tracefs sh "$SHUTDOWN" start
mount -t tracefs tracefs $TRACING
echo confidentiality > /sys/kernel/security/lockdown
refused lockdown sh "$SHUTDOWN" start
