/** Every way in which a ComfyUI ends is explained, and what a new start can't cure is told apart. */
import { describe, expect, it } from "vitest";
import { exitWords, failedPack, isThreadDeath, lastWords } from "../../daemon/domain/exitWords.ts";

const words = (code: number | null, signal: string | null = null, tail: readonly string[] = [], wasReady = false) => {
  const { code: error, message, hopeless } = exitWords({ code, signal, tail, wasReady });
  return `${error} ${hopeless ? "hopeless" : "again"}: ${message}`;
};

describe("how a ComfyUI ended", () => {
  it.each([
    [0, null, "HP-SLOT-CRASHED again: ComfyUI ended by itself (0), as after Ctrl-C"],
    [130, null, "HP-SLOT-CRASHED again: somebody interrupted ComfyUI (130)"],
    [137, null, "HP-SLOT-CRASHED again: ComfyUI was killed (137), mostly because the node ran out of memory"],
    [null, "SIGKILL", "HP-SLOT-CRASHED again: ComfyUI was killed (137), mostly because the node ran out of memory"],
    [139, null, "HP-SLOT-CRASHED again: ComfyUI crashed in native code (139)"],
    [null, "SIGSEGV", "HP-SLOT-CRASHED again: ComfyUI crashed in native code (139)"],
    [134, null, "HP-SLOT-CRASHED again: ComfyUI gave up in native code (134)"],
    [null, "SIGBUS", "HP-SLOT-CRASHED again: ComfyUI lost a file that it had mapped (135)"],
    [143, null, "HP-SLOT-CRASHED again: somebody ended ComfyUI with SIGTERM (143)"],
    [null, "SIGUSR1", "HP-SLOT-CRASHED again: ComfyUI died of SIGUSR1"],
    [127, null, "HP-SLOT-START hopeless: python can't be run (127)"],
    [255, null, "HP-SLOT-START hopeless: ComfyUI's frontend package is missing (255)"],
    [7, null, "HP-SLOT-CRASHED again: ComfyUI ended with 7"],
    [null, null, "HP-SLOT-CRASHED again: ComfyUI is gone; its end was not seen"],
  ])("exit %s, signal %s", (code, signal, expected) => {
    expect(words(code, signal)).toBe(expected);
  });

  it("quotes the line that says most", () => {
    const usage = ["usage: main.py [-h]", "main.py: error: unrecognized arguments: --normalvram"];
    expect(words(2, null, usage)).toBe(
      "HP-SLOT-START hopeless: ComfyUI does not take its command line (2): main.py: error: unrecognized arguments: --normalvram",
    );
    const python = [
      "Traceback (most recent call last):",
      '  File "main.py"',
      "ModuleNotFoundError: No module named 'torch'",
      "",
    ];
    expect(words(1, null, python)).toBe(
      "HP-SLOT-START hopeless: a python package is missing (1): ModuleNotFoundError: No module named 'torch'",
    );
    // It was up with the same packages: something else is wrong.
    expect(words(1, null, python, true)).toMatch(/^HP-SLOT-CRASHED again: /);
    expect(lastWords(["RuntimeError: first", "and then something"])).toBe("RuntimeError: first");
    expect(lastWords(["plain", " ", "last"])).toBe("last");
    expect(lastWords([])).toBeNull();
  });

  it.each([
    "OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 8188): address already in use",
    "Port 8188 is already in use on address 127.0.0.1",
    "listen EADDRINUSE: address already in use 127.0.0.1:8188",
  ])("knows a port that is taken: %s", (line) => {
    expect(words(1, null, [line])).toBe("HP-SLOT-PORT again: its port is taken");
  });

  it.each([
    ["in_use", "another process uses its database"],
    ["locked", "another process has locked its database"],
    ["newer_revision", "a newer ComfyUI wrote its database"],
    ["path_blocked", "its database file can't be made: something stands in its place"],
    ["not_writable", "its database may not be written"],
    ["corrupt", "its database is damaged"],
    ["missing_packages", "python packages for its database are missing"],
    ["unsupported_url", "its database url is not supported"],
    ["other", "its database can't be opened (other)"],
  ])("explains a database that can't be opened: %s", (kind, expected) => {
    expect(words(1, null, [`ASSETS_STARTUP_FAILED: ${kind}`])).toBe(`HP-SLOT-START again: ${expected}`);
  });
});

describe("what a ComfyUI says while it runs", () => {
  it("tells that its execution thread died", () => {
    expect(isThreadDeath("Exception in thread Thread-1 (prompt_worker):")).toBe(true);
    expect(isThreadDeath("Exception in thread Thread-7 (some_pack_updater):")).toBe(false);
    expect(isThreadDeath("got prompt")).toBe(false);
  });

  it("names the packs that it could not load", () => {
    expect(failedPack("   0.0 seconds (IMPORT FAILED): /opt/ComfyUI/custom_nodes/comfyui-kjnodes")).toBe(
      "comfyui-kjnodes",
    );
    expect(failedPack("Cannot import /opt/ComfyUI/custom_nodes/broken_pack module for custom nodes: No module")).toBe(
      "broken_pack",
    );
    expect(failedPack("   0.4 seconds: /opt/ComfyUI/custom_nodes/fine")).toBeNull();
  });
});
