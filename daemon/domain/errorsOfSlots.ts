/**
 * The error codes of GPUs, of people at the machine and of slots: part of the one table in domain/errors.ts, apart for its
 * length. Each: what it means, what to do, the name of its exit code.
 */
export const SLOT_ERRORS = {
  // GPUs and people at the machine
  "HP-GPU-HOT": ["The GPU is too hot for new work.", "Look at its fans; it goes on by itself.", "no"],
  "HP-GPU-ERROR": ["The GPU is in error.", "Reset it or reboot the node.", "no"],
  "HP-GPU-LOST": ["The GPU is gone: it fell off the bus.", "Reset it or reboot the node.", "no"],
  "HP-GPU-HELD": ["Another program holds the GPU.", "Nothing to do: it goes on when that ends.", "no"],
  "HP-GPU-SILENT": ["The driver does not say any more how the GPU is.", "Run nvidia-smi there.", "no"],
  "HP-GPU-ABSENT": ["The slot names a GPU that is not on this node.", "Correct slots[].gpu.", "invalid"],
  "HP-GPU-ORDER": [
    "A slot computes on another GPU than its configuration names.",
    "Name the GPU by UUID, or start ComfyUI with CUDA_DEVICE_ORDER=PCI_BUS_ID.",
    "invalid",
  ],
  "HP-SLOT-SICK": [
    "A slot's last attempts all failed by the machine's fault.",
    "It tests itself; see its log when it stays so.",
    "no",
  ],
  "HP-NODE-SICK": [
    "The last attempts on all slots of the node failed by the machine's fault.",
    "Its slots test themselves; see disk, driver and shares.",
    "no",
  ],
  "HP-SLOT-PERSON": ["A person uses the machine.", "Nothing to do: it goes on when they leave.", "no"],
  // Slots
  "HP-SLOT-STARTING": ["A slot's ComfyUI is starting or warming up.", "Nothing to do: it takes work soon.", "no"],
  "HP-SLOT-RESTARTING": ["A slot's ComfyUI is being restarted.", "Nothing to do: it takes work soon.", "no"],
  "HP-SLOT-RECYCLING": ["A slot restarts before its memory grows too far.", "Nothing to do: it takes work soon.", "no"],
  "HP-SLOT-QUARANTINED": [
    "A slot is out of service after faults that a restart did not cure.",
    "Fix the cause named; hotplate slot restart NAME.",
    "refused",
  ],
  "HP-SLOT-START": ["A slot's ComfyUI can't be started.", "Fix what is named; see the slot's log.", "no"],
  "HP-SLOT-PORT": [
    "Another process uses a slot's port.",
    "End that process, or give the slot another spawn.port.",
    "no",
  ],
  "HP-SLOT-CRASHED": ["A slot's ComfyUI ended by itself.", "See the slot's log; it is started again.", "no"],
  "HP-SLOT-STUCK": ["A slot's ComfyUI runs nothing any more.", "Nothing to do: it is restarted.", "no"],
  "HP-SLOT-MEMORY": [
    "A slot's ComfyUI used more memory than it may.",
    "Nothing to do: it is restarted; or raise spawn.memoryMax.",
    "no",
  ],
  "HP-SLOT-POISONED": ["The GPU state of a slot's ComfyUI is broken.", "Nothing to do: it is restarted.", "no"],
} as const;
