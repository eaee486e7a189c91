/**
 * A step whose version can't be opened or published now: why, in words for `explain` and STATUS.txt, and when it is tried
 * again. Nothing is lost by waiting, so it is tried until it works; the pause grows by the one retry policy.
 */
import { messageOf, systemCode } from "../domain/errors.ts";
import { rootOf } from "../domain/paths.ts";
import { backoffMs } from "../domain/retry.ts";
import type { StageContext } from "../live.ts";
import type { StepRow } from "../storePort.ts";
import { rootFull } from "./roots.ts";

export async function stepTrouble(context: StageContext, step: StepRow, error: unknown): Promise<void> {
  const failures = (context.live.stepTrouble.get(step.id)?.failures ?? 0) + 1;
  const message = words(error, step.plan.target.productDir);
  context.live.stepTrouble.set(step.id, {
    message,
    failures,
    nextTryAt: context.world.clock.now() + backoffMs(failures),
  });
  const code = systemCode(error) ?? "";
  if (code === "ENOSPC" || code === "EDQUOT") await rootFull(context, step.plan.target.productDir);
  context.world.log.event("warn", "work.failed", {
    work: "version",
    job: step.jobId,
    product: step.plan.target.product,
    reason: message,
  });
}

export function stepWell(context: StageContext, step: Pick<StepRow, "id">): void {
  context.live.stepTrouble.delete(step.id);
}

/** May the step be tried now? Its pause is over and its root answers. */
export function stepMayTry(context: StageContext, step: StepRow): boolean {
  const trouble = context.live.stepTrouble.get(step.id);
  if (trouble !== undefined && context.world.clock.now() < trouble.nextTryAt) return false;
  const root = context.live.roots.get(rootOf(step.plan.target.productDir, context.world.config.roots)?.linux ?? "");
  return root === undefined || root.state !== "slow";
}

function words(error: unknown, dir: string): string {
  switch (systemCode(error)) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `Cannot write in ${dir}: Hotplate has no permission there. Ask IT for write access. (HP-PATH-PERMISSION)`;
    case "ENOSPC":
    case "EDQUOT":
      return `The disk under ${dir} is full. Make room; work goes on by itself. (HP-DISK-FULL)`;
    case "ETIMEDOUT":
    case "ESTALE":
    case "EIO":
      return `The disk or share under ${dir} does not answer. Work goes on by itself. (HP-DISK-IO)`;
    case null:
      return messageOf(error);
    default:
      return `${dir}: ${messageOf(error)} (HP-DISK-IO)`;
  }
}
