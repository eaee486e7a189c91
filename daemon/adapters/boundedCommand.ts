/**
 * A program with bounded memory that goes when its parent goes. The words of the program stand in the shell's arguments, never in
 * its script: nothing in them is read by a shell.
 */

/**
 * The shell bounds the address space (KiB) and, where util-linux is there, asks the kernel to kill the program when its parent
 * dies without a word.
 */
const BOUNDED = `PATH=$PATH:/usr/bin:/bin; ulimit -v "$1" || exit 126; shift
if setpriv --pdeathsig KILL true 2>/dev/null; then exec setpriv --pdeathsig KILL "$@"; fi
exec "$@"`;

export function boundedCommand(
  memoryBytes: number,
  program: readonly string[],
): readonly [command: string, ...args: string[]] {
  return ["/bin/sh", "-c", BOUNDED, "sh", String(Math.floor(memoryBytes / 1024)), ...program];
}
