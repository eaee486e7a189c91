/**
 * Real NFS and SMB on one machine without touching it: a User Mode Linux guest whose kernel is server and client. Two network
 * namespaces are two clients; each mounts the same export. The guest sees this machine's files read-only (hostfs) and works
 * on a disk image of its own. Needs root (the servers want to be it), `linux.uml` and the servers' and clients' packages.
 */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { REPO } from "../e2e/farm.ts";
import type { TempDir } from "../fixtures/tempDir.ts";

export type Share = "nfs3" | "nfs4.2" | "smb3.1.1" | "smb3.1.1 on FAT";

/** What the guest can't do without, and the package that has it. */
const TOOLS: readonly (readonly [path: string, name: string])[] = [
  ["/usr/bin/linux.uml", "user-mode-linux"],
  ["/usr/sbin/rpc.nfsd", "nfs-kernel-server"],
  ["/usr/sbin/mount.nfs", "nfs-common"],
  ["/usr/sbin/rpcbind", "rpcbind"],
  ["/usr/sbin/smbd", "samba"],
  ["/usr/sbin/mount.cifs", "cifs-utils"],
  ["/usr/sbin/modprobe", "kmod"],
  ["/usr/sbin/ip", "iproute2"],
  ["/usr/sbin/mke2fs", "e2fsprogs"],
  ["/usr/sbin/mkfs.vfat", "dosfstools"],
];

/** Why no guest can be booted here; null when one can. */
export function noGuest(): string | null {
  if (process.getuid?.() !== 0) return "a guest with file servers needs root";
  const missing = TOOLS.filter(([path]) => !existsSync(path)).map(([, name]) => name);
  return missing.length === 0 ? null : `not installed: ${missing.join(", ")}`;
}

/** Boots, mounts the share twice (/mnt/1, /mnt/2), runs `command` (sh) there; everything that it printed. */
export async function inGuest(dir: TempDir, share: Share, command: string): Promise<readonly string[]> {
  const image = dir.file("disk.img");
  execFileSync("truncate", ["-s", "512M", image]);
  execFileSync(share.endsWith("FAT") ? "/usr/sbin/mkfs.vfat" : "/usr/sbin/mke2fs", [
    ...(share.endsWith("FAT") ? [] : ["-q", "-t", "ext4"]),
    image,
  ]);
  writeFileSync(dir.file("smb.conf"), SMB_CONF);
  const init = dir.file("guest.sh");
  writeFileSync(
    init,
    `${BOOT}\n${mounts(share, dir)}\n${command}\necho GUEST-END\necho o >/proc/sysrq-trigger\nsleep 9\n`,
  );
  chmodSync(init, 0o755);
  const args = ["mem=1024M", `ubd0=${image}`, "rootfstype=hostfs", "rootflags=/", "ro", `init=${init}`];
  const guest = spawn("/usr/bin/linux.uml", [...args, "con=null", "con0=null,fd:1", "quiet"], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, TMPDIR: existsSync("/dev/shm") ? "/dev/shm" : dir.path },
    detached: true,
  });
  const orphan = (): void => void (guest.pid !== undefined && process.kill(-guest.pid, "SIGKILL"));
  process.once("exit", orphan);
  const lines: string[] = [];
  createInterface({ input: guest.stdout }).on("line", (line) => lines.push(line.trim()));
  await new Promise<void>((resolve) => guest.once("close", () => resolve()));
  process.off("exit", orphan);
  return lines;
}

/** How the product is run there: with this repository's own Node. */
export function nodeInGuest(): string {
  return `cd ${REPO}; ${process.execPath} --no-warnings`;
}

const BOOT = `#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
for at in /run /mnt /var/lib/nfs; do mount -t tmpfs t $at; done
mount -t proc proc /proc; mount -t sysfs sys /sys
mkdir -p /run/t; export TMPDIR=/run/t
mkdir -p /run/m/lib/modules; ln -s /usr/lib/uml/modules/$(uname -r) /run/m/lib/modules/$(uname -r)
printf '#!/bin/sh\\nexec /usr/sbin/modprobe -d /run/m "$@"\\n' >/run/modprobe.sh; chmod +x /run/modprobe.sh
echo /run/modprobe.sh >/proc/sys/kernel/modprobe
hostname server; ip link set lo up; modprobe -d /run/m veth
mkdir /mnt/export /mnt/1 /mnt/2
for i in 1 2; do
  ip netns add c$i; ip link add v$i type veth peer name p$i; ip link set p$i netns c$i
  ip addr add 10.0.$i.1/24 dev v$i; ip link set v$i up
  ip netns exec c$i ip addr add 10.0.$i.2/24 dev p$i
  ip netns exec c$i ip link set p$i up; ip netns exec c$i ip link set lo up
done`;

/** The mount must be what its name says: after a failed one the same test would run on tmpfs and look good. */
function mounts(share: Share, dir: TempDir): string {
  const check = `for i in 1 2; do echo "MOUNTED $(stat -f -c %T /mnt/$i)"; done; mkdir -p /mnt/1/shot`;
  if (share.startsWith("nfs")) {
    const version = share.slice(3);
    return `for m in sunrpc lockd nfsd nfs nfsv3 nfsv4; do modprobe -d /run/m $m; done
mkdir -p /var/lib/nfs/rpc_pipefs /var/lib/nfs/sm /var/lib/nfs/sm.bak /var/lib/nfs/v4recovery
touch /var/lib/nfs/etab /var/lib/nfs/rmtab /var/lib/nfs/xtab /var/lib/nfs/state
mount -t nfsd nfsd /proc/fs/nfsd; mount -t rpc_pipefs none /var/lib/nfs/rpc_pipefs
mount /dev/ubda /mnt/export; chmod 777 /mnt/export
rpcbind -w; exportfs -i -o rw,no_root_squash,sync,no_subtree_check,fsid=0,insecure '*:/mnt/export'
rpc.mountd --no-udp; rpc.statd --no-notify; rpc.nfsd -V 3 -V 4 4
for i in 1 2; do
  nsenter --net=/run/netns/c$i unshare -u sh -c \\
    "hostname c$i; mount -t nfs -o vers=${version},soft,timeo=100,nolock 10.0.$i.1:${version === "3" ? "/mnt/export" : "/"} /mnt/$i"
done
${check}`;
  }
  return `for m in cifs cmac ccm gcm ecb hmac md4 sha512_generic vfat nls_cp437 nls_ascii nls_iso8859-1; do modprobe -d /run/m $m; done
mount /dev/ubda /mnt/export; chmod 777 /mnt/export; mkdir -p /run/samba
for at in /var/lib/samba /var/log/samba /var/cache/samba; do mount -t tmpfs t $at; done; mkdir -p /var/lib/samba/private
printf 'x\\nx\\n' | smbpasswd -c ${dir.file("smb.conf")} -s -a root >/dev/null; smbd -D -s ${dir.file("smb.conf")}
for i in 1 2; do
  until nsenter --net=/run/netns/c$i mount -t cifs -o user=root,pass=x,vers=3.1.1,nosharesock //10.0.$i.1/s /mnt/$i; do
    sleep 1; tries=$((tries + 1)); [ $tries -lt 20 ] || break
  done
done
${check}`;
}

const SMB_CONF = `[global]
 server role = standalone
 log file = /run/samba.log
 pid directory = /run
 lock directory = /run/samba
 state directory = /run/samba
 cache directory = /run/samba
 private dir = /run/samba
 ncalrpc dir = /run/samba/rpc
 load printers = no
 disable spoolss = yes
[s]
 path = /mnt/export
 read only = no
 force user = root
`;
