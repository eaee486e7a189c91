/** `hotplate retry ID`: a request to the running daemon; it answers when the loop has applied it. */
import type { Context } from "./context.ts";
import { userName } from "./context.ts";

export async function action(context: Context, [id = ""]: readonly string[]): Promise<void> {
  const answer = (await context.api("POST", `/v1/jobs/${encodeURIComponent(id)}/retry`, {
    by: userName(),
  })) as { readonly answer: string };
  context.print(answer, () => answer.answer);
}
