/**
 * A virtual machine with this machine's files, read only, and a kernel of Debian's: for tests that
 * need a kernel to themselves. Emulated, because `/dev/kvm` may be there and not work.
 *
 * @module
 */
import { join } from "@std/path";
import { run } from "../../tasks/run.ts";
import { ROOT } from "../../tasks/workspace.ts";
import { type Missing, missingProgram } from "../skippable.ts";

/** What the root file system is mounted by, in the order of loading. */
const MODULES = [
  "drivers/virtio/virtio_ring",
  "drivers/virtio/virtio",
  "drivers/virtio/virtio_pci_modern_dev",
  "drivers/virtio/virtio_pci_legacy_dev",
  "drivers/virtio/virtio_pci",
  "fs/netfs/netfs",
  "fs/fscache/fscache",
  "net/9p/9pnet",
  "net/9p/9pnet_virtio",
  "fs/9p/9p",
];

/** Mounts this machine's files, and runs /out/run.sh on them. */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
for module in /modules/*.ko; do insmod $module; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose root /root
cd /root
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t securityfs securityfs sys/kernel/security
mount -t tracefs tracefs sys/kernel/tracing
mount -t debugfs debugfs sys/kernel/debug
mount -t devtmpfs devtmpfs dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs mnt
mkdir mnt/out
mount -t 9p -o trans=virtio,version=9p2000.L out mnt/out
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run
chroot . /bin/sh /mnt/out/run.sh > /root/mnt/out/log 2>&1
sync
poweroff -f
`;

/** The newest kernel that is installed with its headers; `undefined` where there is none. */
export async function installedKernel(): Promise<string | undefined> {
  const found: string[] = [];
  try {
    for await (const { name } of Deno.readDir("/boot")) {
      const release = name.replace(/^vmlinuz-/, "");
      if (release === name) continue;
      const isWhole = await Deno.stat(`/lib/modules/${release}/build`).catch(() => undefined);
      if (isWhole !== undefined) found.push(release);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort().at(-1);
}

/** Why there can be no such machine here, if there cannot. */
export async function missingMachine(): Promise<Missing> {
  for (
    const [program, argument] of [
      ["qemu-system-x86_64", "--version"],
      ["make", "--version"],
      ["gcc", "--version"],
      ["cpio", "--version"],
      ["/bin/busybox", "true"],
    ] as const
  ) {
    const missing = await missingProgram(program, argument);
    if (missing !== undefined) return missing;
  }
  return await installedKernel() === undefined
    ? "no kernel in /boot with its headers (linux-image-amd64, linux-headers-amd64)"
    : undefined;
}

/**
 * Boots it, runs a script as root, and waits for its end.
 *
 * @param folder An empty folder, which the machine sees as /mnt/out: what it writes stays there, the
 * script's words in the file `log`. It has `tdx_teardown.ko`, built for its kernel.
 * @param script For `/bin/sh`; this machine's files are below /, and $REPOSITORY is this repository.
 * @param seconds How long it may take.
 */
export async function runMachine(
  folder: string,
  script: string,
  seconds: number,
): Promise<void> {
  const release = (await installedKernel())!;
  await buildModule(folder, release);
  await Deno.writeTextFile(join(folder, "run.sh"), `REPOSITORY='${ROOT}'\n${script}`);
  const initramfs = await buildInitramfs(folder, release);
  const { code, stderr } = await run("nice", [
    "timeout",
    `${seconds}`,
    "qemu-system-x86_64",
    ..."-accel tcg -smp 1 -m 1024 -display none -no-reboot -nodefaults -serial null".split(" "),
    // Its clock counts instructions: what a call takes does not depend on what else runs here.
    "-icount",
    "shift=3,sleep=off",
    "-kernel",
    `/boot/vmlinuz-${release}`,
    "-initrd",
    initramfs,
    "-append",
    "quiet panic=-1 mitigations=off rcupdate.rcu_expedited=1",
    "-virtfs",
    "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
    "-virtfs",
    `local,path=${folder},mount_tag=out,security_model=none`,
  ]);
  if (code !== 0) throw new Error(`qemu-system-x86_64 ended with ${code}: ${stderr}`);
}

async function buildModule(folder: string, release: string): Promise<void> {
  const source = join(ROOT, "tests/qemu/tdx_teardown.c");
  const build = join(folder, "module");
  await Deno.mkdir(build);
  await Deno.copyFile(source, join(build, "tdx_teardown.c"));
  await Deno.writeTextFile(join(build, "Kbuild"), "obj-m := tdx_teardown.o\n");
  const make = ["make", "-s", "-C", `/lib/modules/${release}/build`, `M=${build}`, "modules"];
  const { code, stderr } = await run("nice", make);
  if (code !== 0) throw new Error(`The test module was not built: ${stderr}`);
  await Deno.rename(join(build, "tdx_teardown.ko"), join(folder, "tdx_teardown.ko"));
}

async function buildInitramfs(folder: string, release: string): Promise<string> {
  const tree = join(folder, "initramfs");
  for (const name of ["bin", "modules", "root"]) {
    await Deno.mkdir(join(tree, name), { recursive: true });
  }
  await Deno.copyFile("/bin/busybox", join(tree, "bin/busybox"));
  for (const [i, module] of MODULES.entries()) {
    const file = `/lib/modules/${release}/kernel/${module}.ko`;
    await Deno.copyFile(file, join(tree, "modules", `${i}.ko`));
  }
  await Deno.writeTextFile(join(tree, "init"), INIT, { mode: 0o755 });
  const packed = join(folder, "initramfs.cpio");
  const pack = `cd "$1" && find . | cpio --quiet -o -H newc > "$2"`;
  const { code, stderr } = await run("sh", ["-c", pack, "-", tree, packed]);
  if (code !== 0) throw new Error(`cpio ended with ${code}: ${stderr}`);
  return packed;
}
