/** A variation's name for people. */
import type { TracedFrame } from "../daemon/plugin.ts";

/** `w007` */
export function wedgeName({ wedge }: Pick<TracedFrame, "wedge">): string {
  return `w${String(wedge).padStart(3, "0")}`;
}
