/**
 * The same suite against a real ComfyUI 0.19: HOTPLATE_COMFYUI_URL says where it is; HOTPLATE_COMFYUI_INPUT and
 * HOTPLATE_COMFYUI_OUTPUT, its directories as seen from here, let the shared transport be tried too.
 */
import { describe } from "vitest";
import { comfyContract } from "./comfy.ts";

const { HOTPLATE_COMFYUI_URL: url, HOTPLATE_COMFYUI_INPUT: input, HOTPLATE_COMFYUI_OUTPUT: output } = process.env;

describe("a real ComfyUI 0.19", () => {
  comfyContract({
    name: "real 0.19",
    version: "0.19",
    absent: url === undefined ? "HOTPLATE_COMFYUI_URL names no ComfyUI" : null,
    url: () => url ?? "",
    shared: () => (input === undefined || output === undefined ? undefined : { input, output }),
    slow: { blurs: 40, side: 512 },
  });
});
