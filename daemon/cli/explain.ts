/** `hotplate explain ID`: the reasons, from the scheduler's own function, by the running daemon. */
import type { WaitReason } from "../domain/schedule.ts";
import type { Context } from "./context.ts";

interface Explained {
  readonly job?: string;
  readonly state?: string;
  readonly tasks?: readonly {
    readonly task: string;
    readonly state: string;
    readonly alike: number;
    readonly reasons: readonly WaitReason[];
  }[];
  readonly task?: string;
  readonly reasons?: readonly WaitReason[];
}

export async function action(context: Context, [id = ""]: readonly string[]): Promise<void> {
  const path = id.includes("/")
    ? `/v1/explain?task=${encodeURIComponent(id)}`
    : `/v1/jobs/${encodeURIComponent(id)}/explain`;
  const answer = (await context.api("GET", path)) as Explained;
  context.print(answer, () => {
    if (answer.reasons !== undefined) return [answer.task ?? id, ...answer.reasons.map(line)].join("\n");
    const groups = (answer.tasks ?? []).map((group) =>
      [`${group.alike} ${group.state}, such as ${group.task}`, ...group.reasons.map(line)].join("\n"),
    );
    return [`${answer.job ?? id} is ${answer.state ?? "unknown"}`, ...groups].join("\n");
  });
}

function line(reason: WaitReason): string {
  return `  ${reason.message}${reason.action === null ? "" : `\n    do this: ${reason.action}`}`;
}
