/**
 * The error codes of recipes and models: part of the one table in domain/errors.ts, apart for its length. Each: what it
 * means, what to do, the name of its exit code.
 */
export const RECIPE_ERRORS = {
  // Recipe
  "HP-RECIPE-UNKNOWN": ["There is no such recipe.", "Use the nearest, or ask the TD.", "invalid"],
  "HP-RECIPE-PARAMETER": ["The recipe has no such parameter.", "Use the nearest right word.", "invalid"],
  "HP-RECIPE-INVALID": ["A recipe can't be used.", "Tell the TD; hotplate recipe check says more.", "invalid"],
  "HP-RECIPE-UI-GRAPH": ["The graph is in ComfyUI's page format.", "In ComfyUI choose File > Export (API).", "invalid"],
  "HP-RECIPE-CLASS": [
    "A graph node class is not allowed or not known.",
    "Add it to allowedClasses if it is safe.",
    "invalid",
  ],
  "HP-RECIPE-DENIED": [
    "A graph node class is refused on every node.",
    "Remove it; docs/safety.md says why and how to allow it.",
    "refused",
  ],
  "HP-RECIPE-PATH": [
    "A graph would read or write a path that was not placed for it.",
    "Bind it under plate or images; remove the path.",
    "invalid",
  ],
  "HP-MODEL-KIND": [
    "A model is of a kind that may run code when it is loaded, or is not what its name says.",
    "Use it as .safetensors; docs/safety.md.",
    "invalid",
  ],
  "HP-MODEL-PLACE": [
    "A model is not under the slot's model directories, or leads out of them.",
    "Correct the name, or slots[].models; docs/safety.md.",
    "invalid",
  ],
  "HP-MODEL-HASHING": ["A model is hashed before its first use.", "Nothing to do: it goes on by itself.", "no"],
  "HP-RECIPE-DRIFT": [
    "A slot is not as it was when the recipe was approved.",
    "hotplate recipe approve NAME@VERSION, or restore what changed.",
    "refused",
  ],
  "HP-RECIPE-MODEL": ["A model is missing on this node.", "Install the model, or choose the nearest.", "invalid"],
} as const;
