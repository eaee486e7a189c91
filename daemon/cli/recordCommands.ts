/** The commands about a version's record: verify, diff, rerun, export. Part of the one table in commandTable.ts. */
import type { CommandLine } from "./commandTable.ts";

export const RECORD_COMMANDS: readonly CommandLine[] = [
  {
    name: "verify <what>",
    words: "Is a version (folder, PRODUCT@v007 or job id) as it was committed?",
    more: "Every file's size and sha256 against .hotplate/commit.json; then its record: schema, graph, recipe, lists, pointers in the frames, plates (where they can be reached), models (where they lie on this node) and approvals. 1: something changed (HP-VERIFY-CHANGED). 9: the version could not be checked. A wedge's folder stands for its whole version. A folder needs no configuration.",
    options: [],
    examples: ["hotplate verify shots/SH010/env_relight/v003"],
    exits: [1, 5, 6, 9],
    load: () => import("./verify.ts"),
  },
  {
    name: "diff <a> <b>",
    words: "Two versions or wedges against each other: what went in, QC, pixels",
    more: "Each is a version's folder, a wedge's folder in it (v007/w032), or an asset.json. 0: nothing differs but where it ran; 1: something does. The measures are in docs/provenance.md.",
    options: [
      ["--out <file>", "Picture of the frame that differs most: A, B, their difference (.png or .jpg, a new file)"],
      ["--no-pixels", "Leave the pixels alone"],
    ],
    examples: ["hotplate diff env/v006/w032 env/v008 --out diff.png"],
    exits: [1, 6, 7],
    load: () => import("./diff.ts"),
  },
  {
    name: "rerun <version>",
    words: "Make a published version again from its own papers, and measure how equal it is",
    more: "A version's folder, a wedge's folder in it, or an asset.json. Models and plates must be the same by hash, ComfyUI and node packs the same; what is not is listed (7). The grade is in the new version's asset.json and in the job's log: bitwise, perceptual or recorded (docs/provenance.md).",
    options: [
      ["--wedge <names>", "Only these wedges: w032,w040"],
      ["--frames <range>", "Only these frames: 1023, 1001-1010"],
      ["--allow-drift", "Record what differs instead of refusing it"],
      ["--folder <dir>", "Which hot folder, by path or last name; default: the show's first"],
    ],
    examples: ["hotplate rerun shots/SH010/env_relight/v006 --wedge w032"],
    exits: [6, 7],
    load: () => import("./rerun.ts"),
  },
  {
    name: "export <form> [version...]",
    words: "ro-crate, bom or otio: a version's or a show's records for other tools",
    more: "ro-crate VERSION: RO-Crate 1.1 metadata; with --out FOLDER the version is copied beside it. bom: CycloneDX 1.6 of models, programs and versions. otio: a playlist of the frames. bom and otio take versions, or --show with --which. Nothing is written into a version.",
    options: [
      ["--show <name>", "All products of this show that this node's store knows"],
      ["--which <what>", "latest, approved, selects or all; default: all for bom, latest for otio"],
      ["--rate <fps>", "Frames per second of the playlist", "24"],
      ["--out <path>", "A new file, or for ro-crate a new folder; default: standard output"],
    ],
    examples: [
      "hotplate export ro-crate env/v007 --out /archive/env_v007",
      "hotplate export bom --show AGM --out bom.json",
      "hotplate export otio --show AGM --which approved --out agm.otio",
    ],
    exits: [6, 7],
    load: () => import("./export.ts"),
  },
];
