/**
 * What kind of file system a path lies on, by the number that statfs gives. Only what is known local may be watched by
 * inotify or trusted with cached attributes; everything unknown is treated as a share.
 */
import type { MountKind } from "../../ports.ts";

/** Linux' magic numbers (statfs(2), linux/magic.h). */
const MAGIC: ReadonlyMap<number, MountKind> = new Map([
  [0xef53, "local"], // ext2, ext3, ext4
  [0x58465342, "local"], // xfs
  [0x9123683e, "local"], // btrfs
  [0x2fc12fc1, "local"], // zfs
  [0xf2f52010, "local"], // f2fs
  [0xca451a4e, "local"], // bcachefs
  [0x01021994, "local"], // tmpfs
  [0x858458f6, "local"], // ramfs
  [0x794c7630, "local"], // overlayfs
  [0x6969, "nfs"],
  [0xfe534d42, "smb"], // smb2 and newer
  [0xff534d42, "smb"], // cifs
  [0x517b, "smb"], // the old smbfs
  [0x65735546, "fuse"],
]);

export function mountKind(statfsType: number): MountKind {
  // Some platforms hand the 32-bit number out signed.
  return MAGIC.get(statfsType < 0 ? statfsType + 2 ** 32 : statfsType) ?? "unknown";
}

/** Attributes of files there are cached by the client for up to a minute, unless the file is opened. */
export function cachesAttributes(kind: MountKind | undefined): boolean {
  return kind === "nfs" || kind === "smb" || kind === "fuse";
}
