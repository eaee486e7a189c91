/**
 * The append-only event sequence: written in the same transaction as the change it tells of. Log lines and the API carry
 * the same names. Free text is no interface; docs/events.md is generated from this table.
 */
export const EVENTS = {
  "manifest.accepted": "A dropped manifest became a job.",
  "manifest.rejected": "A dropped manifest has problems; an answer lies beside it.",
  "manifest.duplicate": "The same work was dropped before; the answer names the job.",
  "file.refused": "A dropped file is no manifest; an answer lies beside it.",
  "folder.down": "A hot folder can't be listed.",
  "folder.up": "A hot folder can be listed again.",
  "root.slow": "Calls on a root are late; work that needs it waits.",
  "root.full": "A root has no room; work that needs it waits.",
  "root.well": "A root answers again and has room.",
  "version.claimed": "A version number was given, for ever.",
  "version.committing": "The store decided to publish; only forward from here.",
  "version.committed": "A whole version appeared.",
  "version.graded": "A version that was made again was measured against the old one.",
  "version.burnt": "A version number is spent; nothing was published.",
  "pointer.changed": "latest.json, approved.json, the link or the hero copy beside versions was written anew.",
  "pointer.failed": "What lies beside versions could not be written, or is somebody else's.",
  "retention.collected": "Pixels were collected; collected.json beside their place says what they were.",
  "retention.looked": "Retention looked at every product: what it collected, or would.",
  "task.granted": "A task was given to a slot under a new fence.",
  "task.submitted": "ComfyUI accepted the prompt.",
  "task.staged": "Result files are staged, fsynced, hashed and recorded.",
  "task.inspected": "QC looked at a result.",
  "task.rejected": "QC's gate refused a result.",
  "wedge.reseeded": "QC refused a wedge for what another seed may cure: all of it is made again with the next seed.",
  "qc.waived": "A person let a finding of QC stand, with a reason.",
  "qc.revoked": "A person took a waiver back.",
  "task.failed": "A task failed for good.",
  "task.retried": "A failed attempt will be tried again.",
  "task.released": "A grant was given back; no attempt used.",
  "task.lost": "An attempt vanished; no retry used.",
  "task.canceled": "ComfyUI let go of the prompt of a task that a person canceled.",
  "slot.up": "A slot answers.",
  "slot.down": "A slot does not answer.",
  "slot.refused": "A slot can't be used: its version, or it is simulated outside a demo root.",
  "gpu.drained": "A slot's GPU gets no new work: gone, in error, too hot, held by others, or silent.",
  "gpu.well": "A slot's GPU gets work again.",
  "gpu.order": "A slot computes on another GPU than its configuration names.",
  "slot.freed": "A slot's ComfyUI was emptied for a task that ran out of GPU memory.",
  "slot.sick": "A slot's last attempts all failed by the machine's fault, or its self-test did; it gets no new work.",
  "slot.recovered": "A sick slot passed its self-test.",
  "node.sick": "The last attempts on several slots all failed by the machine's fault; every slot tests itself.",
  "slot.taken": "A person uses the slot's machine; it gets no new work.",
  "slot.returned": "The person left; the slot gets work again.",
  "slot.starting": "A spawned slot's ComfyUI was started.",
  "slot.adopted": "A ComfyUI that outlived the daemon is watched again.",
  "slot.ready": "A spawned slot's ComfyUI answers, is what we started, and has warmed up.",
  "slot.ended": "A spawned slot's ComfyUI ended by itself.",
  "slot.restarting": "A slot's ComfyUI is being restarted, and why.",
  "slot.signaled": "A signal was sent to a spawned slot's processes.",
  "slot.quarantined": "A slot is out of service until its time is over or a person says so.",
  "slot.trusted": "A slot left quarantine.",
  "slot.lacks": "A slot can't run some recipes, for its ComfyUI lacks graph node classes; others can.",
  "slot.packs": "Node packs of a slot could not be loaded.",
  "job.ran": "What a job's tasks run on, on one slot: models by hash, ComfyUI, node packs, approval.",
  "job.ended": "A job ended.",
  "job.canceled": "A person canceled a job.",
  "job.retried": "A person asked for failed tasks again.",
  "daemon.started": "The daemon started.",
  "daemon.recovered": "Recovery compared the store with disk and ComfyUI.",
  "daemon.stopping": "The daemon drains.",
  "daemon.stopped": "The daemon stopped.",
  "daemon.crashed": "Something that nobody caught ended the daemon; the next start recovers.",
  "work.failed": "A piece of background work failed; it is tried again.",
  "movie.made": "A wedge's movie is in the review folder.",
  "starter.lost": "The process that starts programs ended before its time; another one takes its place.",
  "plugin.refused": "A plugin can't be used.",
  "recipe.broken": "A recipe folder can't be used.",
  "rules.skipped": "A failure rule can't be used; the others stay in force.",
  "config.reloaded": "Configuration or rules were read again.",
} as const;
export type EventName = keyof typeof EVENTS;

export type EventFields = Readonly<Record<string, string | number | boolean | null>>;

export interface StoredEvent {
  readonly seq: number;
  /** ms since the epoch, UTC. */
  readonly at: number;
  readonly name: EventName;
  readonly jobId: string | null;
  readonly fields: EventFields;
}
