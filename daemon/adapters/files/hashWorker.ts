/** The hashing thread: paths in, digests or errno codes out, one at a time. It only reads. */
import { parentPort } from "node:worker_threads";
import { messageOf, systemCode } from "../../domain/errors.ts";
import type { HashAnswer, HashQuestion } from "./hasher.ts";
import { hashStream } from "./hashStream.ts";
import { openRegular } from "./openRegular.ts";

parentPort?.on("message", (question: HashQuestion) => {
  void answer(question).then((reply) => parentPort?.postMessage(reply));
});

async function answer({ id, path }: HashQuestion): Promise<HashAnswer> {
  try {
    const { handle } = await openRegular(path);
    try {
      return { id, ok: true, digest: await hashStream(handle) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { id, ok: false, code: systemCode(error) ?? "EIO", message: messageOf(error) };
  }
}
